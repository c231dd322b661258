package borderwire.guard;

import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.StringTokenizer;

/** The kernel's list of TCP sockets: /proc/self/net/tcp and tcp6, see proc(5). */
final class SocketTable {
    private static final String IPV4 = "/proc/self/net/tcp";
    private static final String IPV6 = "/proc/self/net/tcp6";
    /** Rows move while the list is read, when other connections come and go: one can be missed. */
    private static final int LOOKS = 3;

    /** What `userOf` gives when no process holds the socket. */
    static final long NOBODY = -1;

    private SocketTable() {}

    /**
     * The user id of the process that holds the socket from `local` to `remote`, or NOBODY.
     *
     * <p>A socket that its process has closed stays in the list for a while, without an inode, and the kernel may then
     * name root as its user: it counts as nobody's.
     */
    static long userOf(InetSocketAddress local, InetSocketAddress remote) throws IOException {
        for (int look = 0; look < LOOKS; look++) {
            Long user = local.getAddress() instanceof Inet4Address ? look(IPV4, written(local, remote, false)) : null;
            if (user == null) {
                user = look(IPV6, written(local, remote, true));
            }
            if (user != null) {
                return user;
            }
        }
        return NOBODY;
    }

    /** A row is "3: 0100007F:9C40 0100007F:1F90 01 0:0 00:0 0 1000 0 41234 …"; `ends` are two of its words. */
    private static Long look(String table, String ends) throws IOException {
        try (BufferedReader rows = new BufferedReader(new FileReader(table), 65536)) {
            for (String row = rows.readLine(); row != null; row = rows.readLine()) {
                if (row.startsWith(ends, row.indexOf(':') + 2)) {
                    List<String> words = new ArrayList<>();
                    new StringTokenizer(row).asIterator().forEachRemaining(word -> words.add((String) word));
                    return words.get(9).equals("0") ? NOBODY : Long.parseLong(words.get(7));
                }
            }
        }
        return null;
    }

    private static String written(InetSocketAddress local, InetSocketAddress remote, boolean ipv6) {
        return written(local, ipv6) + " " + written(remote, ipv6) + " ";
    }

    /** Words of 32 bits in the machine's byte order, in hex. IPv6 tables write 127.0.0.1 as ::ffff:127.0.0.1. */
    private static String written(InetSocketAddress end, boolean ipv6) {
        byte[] address = end.getAddress().getAddress();
        ByteBuffer bytes = ByteBuffer.allocate(ipv6 ? 16 : 4).order(ByteOrder.nativeOrder());
        if (ipv6 && address.length == 4) {
            bytes.put(10, (byte) 0xff).put(11, (byte) 0xff).position(12);
        }
        bytes.put(address).flip();
        StringBuilder text = new StringBuilder();
        while (bytes.hasRemaining()) {
            text.append(String.format("%08X", bytes.getInt()));
        }
        return text.append(String.format(":%04X", end.getPort())).toString();
    }
}
