package borderwire.guard;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.io.network.netty.InboundChannelHandlerFactory;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandler;

/** Puts a {@link RestGuard} before Flink's REST API; Flink finds it by META-INF/services. */
public final class RestGuardFactory implements InboundChannelHandlerFactory {
    @Override
    public int priority() {
        return 0;
    }

    /** Names that a request may call this server by: loopback, and what rest.address says. */
    @Override
    public Optional<ChannelHandler> createHandler(Configuration configuration, Map<String, String> headers) {
        Set<String> hosts = new HashSet<>(List.of("127.0.0.1", "localhost", "[::1]"));
        configuration.getOptional(RestOptions.ADDRESS).ifPresent(hosts::add);
        return Optional.of(new RestGuard(hosts));
    }
}
