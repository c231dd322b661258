package borderwire.guard;

import java.io.IOException;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import sun.nio.ch.EPollSelectorProvider;

/**
 * The JDK's own selector provider for Linux, whose server sockets are guarded: see {@link GuardedServerChannel}.
 *
 * <p>Set by -Djava.nio.channels.spi.SelectorProvider=borderwire.guard.GuardedProvider; needs
 * --add-exports=java.base/sun.nio.ch=ALL-UNNAMED. Sockets of the Unix domain have no port and are left alone.
 */
public final class GuardedProvider extends EPollSelectorProvider {
    private final Guard guard = Guard.ofThisProcess();

    @Override
    public ServerSocketChannel openServerSocketChannel() throws IOException {
        return new GuardedServerChannel(this, super.openServerSocketChannel(), guard);
    }

    @Override
    public ServerSocketChannel openServerSocketChannel(ProtocolFamily family) throws IOException {
        ServerSocketChannel plain = super.openServerSocketChannel(family);
        return family == StandardProtocolFamily.UNIX ? plain : new GuardedServerChannel(this, plain, guard);
    }
}
