package borderwire.guard;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelFutureListener;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelHandlerContext;
import org.apache.flink.shaded.netty4.io.netty.channel.ChannelInboundHandlerAdapter;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.DefaultFullHttpResponse;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpHeaderNames;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpHeaders;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpRequest;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpResponseStatus;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.HttpVersion;
import org.apache.flink.shaded.netty4.io.netty.handler.codec.http.QueryStringDecoder;
import org.apache.flink.shaded.netty4.io.netty.util.ReferenceCountUtil;

/**
 * Answers 403 to requests that a browser sends for somebody else's page: those that call this server by a foreign name
 * (DNS rebinding) and those that a page of another origin makes (forms, images, scripts). Programs send no Origin.
 */
final class RestGuard extends ChannelInboundHandlerAdapter {
    /** Flink cancels and stops jobs at these by a plain GET, for old versions of YARN. */
    private static final List<String> ACTS = List.of("/yarn-cancel", "/yarn-stop");

    private final Set<String> hosts;
    private boolean refusing;

    RestGuard(Set<String> hosts) {
        this.hosts = hosts;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
        if (!refusing && (!(message instanceof HttpRequest) || admits((HttpRequest) message))) {
            super.channelRead(context, message);
            return;
        }
        ReferenceCountUtil.release(message);
        if (!refusing) {
            refusing = true; // what follows of this connection is the body of what was refused
            DefaultFullHttpResponse answer =
                    new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.FORBIDDEN);
            answer.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0).set(HttpHeaderNames.CONNECTION, "close");
            context.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
        }
    }

    boolean admits(HttpRequest request) {
        HttpHeaders headers = request.headers();
        List<String> names = headers.getAll(HttpHeaderNames.HOST);
        if (names.size() != 1 || !hosts.contains(withoutPort(names.get(0)))) {
            return false;
        }
        for (String origin : headers.getAll(HttpHeaderNames.ORIGIN)) {
            if (!origin.equalsIgnoreCase("http://" + names.get(0))) {
                return false;
            }
        }
        String site = headers.get("Sec-Fetch-Site", "none");
        return (site.equals("none") || site.equals("same-origin")) && !acts(request.uri());
    }

    private static boolean acts(String uri) {
        try {
            String path = new QueryStringDecoder(uri).path();
            return ACTS.stream().anyMatch(path::endsWith);
        } catch (IllegalArgumentException error) {
            return true; // no address that Flink could read
        }
    }

    private static String withoutPort(String host) {
        return host.toLowerCase(Locale.ROOT).replaceFirst(":\\d+$", "");
    }
}
