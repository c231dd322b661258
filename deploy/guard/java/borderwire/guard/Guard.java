package borderwire.guard;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where server sockets are bound, and whose connections they take. */
final class Guard {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final long ROOT = 0;

    private final InetAddress address;
    private final long owner;

    Guard(InetAddress address, long owner) {
        this.address = address;
        this.owner = owner;
    }

    /** The system property borderwire.bind (default 127.0.0.1) and this process's user. */
    static Guard ofThisProcess() {
        try {
            InetAddress address = InetAddress.getByName(System.getProperty("borderwire.bind", "127.0.0.1"));
            Integer owner = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            return new Guard(address, Integer.toUnsignedLong(owner));
        } catch (UnknownHostException error) {
            throw new IllegalArgumentException("borderwire.bind is no address of this machine", error);
        } catch (IOException error) {
            throw new IllegalStateException("/proc cannot be read: whose connections come is not known", error);
        }
    }

    /**
     * The address to bind instead of a wildcard address, or of none. A port that the system picks is known to nobody
     * but those whom this process tells, who are on this machine: loopback. Any other: the configured address.
     */
    SocketAddress bindable(SocketAddress wanted) {
        InetSocketAddress inet = wanted == null ? new InetSocketAddress(0) : (InetSocketAddress) wanted;
        if (inet.isUnresolved() || !inet.getAddress().isAnyLocalAddress()) {
            return inet;
        }
        return new InetSocketAddress(inet.getPort() == 0 ? LOOPBACK : address, inet.getPort());
    }

    /**
     * Whether this connection may stay. One to a loopback address must come from a process of this user or of root, by
     * the word of the kernel. Who may reach any other address is for the network to say.
     */
    boolean admits(SocketChannel connection) {
        try {
            InetSocketAddress here = (InetSocketAddress) connection.getLocalAddress();
            InetSocketAddress there = (InetSocketAddress) connection.getRemoteAddress();
            if (!here.getAddress().isLoopbackAddress()) {
                return true;
            }
            long user = SocketTable.userOf(there, here);
            return user == owner || user == ROOT;
        } catch (IOException error) {
            return false; // closed already, or nobody can say whose it is
        }
    }
}
