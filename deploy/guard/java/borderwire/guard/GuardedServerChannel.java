package borderwire.guard;

import java.io.FileDescriptor;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;
import sun.nio.ch.Net;
import sun.nio.ch.SelChImpl;
import sun.nio.ch.SelectionKeyImpl;

/**
 * A server socket of the JDK that is never bound to a wildcard address, and closes connections of other users.
 *
 * <p>A selector reports it only when a connection is there that may stay: Kafka takes an `accept` that returns none
 * after such a report for an error, and logs each.
 */
final class GuardedServerChannel extends ServerSocketChannel implements SelChImpl {
    /** So many connections in a row are refused before the selector's thread looks after others. */
    private static final int FLOOD = 16;

    private final ServerSocketChannel inner;
    private final SelChImpl selected;
    private final Guard guard;
    private final GuardedServerSocket socket;
    /** Held while `admitted` is looked at. */
    private final Object lock = new Object();
    /** A connection that may stay and that nobody has taken yet. */
    private SocketChannel admitted;

    GuardedServerChannel(SelectorProvider provider, ServerSocketChannel inner, Guard guard) throws IOException {
        super(provider);
        this.inner = inner;
        this.selected = (SelChImpl) inner;
        this.guard = guard;
        this.socket = new GuardedServerSocket(this, inner.socket());
    }

    @Override
    public ServerSocketChannel bind(SocketAddress local, int backlog) throws IOException {
        inner.bind(guard.bindable(local), backlog);
        return this;
    }

    /** The next connection that may stay; null, if this channel does not block and none is there. */
    @Override
    public SocketChannel accept() throws IOException {
        while (true) {
            SocketChannel connection = take();
            if (connection != null) {
                return connection;
            }
            connection = inner.accept();
            if (connection == null || guard.admits(connection)) {
                return connection;
            }
            connection.close();
        }
    }

    private SocketChannel take() {
        synchronized (lock) {
            SocketChannel connection = admitted;
            admitted = null;
            return connection;
        }
    }

    /** The events to report of those that came: not that a connection is there when it is refused. */
    private int reported(int events) {
        if ((events & Net.POLLIN) == 0) {
            return events;
        }
        synchronized (lock) {
            try {
                for (int refused = 0; admitted == null && refused < FLOOD; refused++) {
                    SocketChannel connection = inner.accept();
                    if (connection == null) {
                        break;
                    }
                    if (guard.admits(connection)) {
                        admitted = connection;
                    } else {
                        connection.close();
                    }
                }
            } catch (IOException error) {
                return events; // who calls `accept` then meets it too
            }
            return admitted != null ? events : events & ~Net.POLLIN;
        }
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        inner.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        return inner.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return inner.supportedOptions();
    }

    @Override
    public ServerSocket socket() {
        return socket;
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        return inner.getLocalAddress();
    }

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
        inner.configureBlocking(block);
    }

    /** As the JDK's own: the file descriptor of a channel that selectors know lives until they forgot it. */
    @Override
    protected void implCloseSelectableChannel() throws IOException {
        SocketChannel connection = take();
        if (connection != null) {
            connection.close();
        }
        if (!isRegistered()) {
            inner.close();
        }
    }

    @Override
    public void kill() throws IOException {
        inner.close();
    }

    @Override
    public FileDescriptor getFD() {
        return selected.getFD();
    }

    @Override
    public int getFDVal() {
        return selected.getFDVal();
    }

    @Override
    public boolean translateAndUpdateReadyOps(int ops, SelectionKeyImpl key) {
        return selected.translateAndUpdateReadyOps(reported(ops), key);
    }

    @Override
    public boolean translateAndSetReadyOps(int ops, SelectionKeyImpl key) {
        return selected.translateAndSetReadyOps(reported(ops), key);
    }

    @Override
    public int translateInterestOps(int ops) {
        return selected.translateInterestOps(ops);
    }
}
