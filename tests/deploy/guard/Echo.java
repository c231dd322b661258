import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** `Echo PORT… [blocking]`: bound to the wildcard address, prints where; answers connections with a byte, prints "taken". */
public final class Echo {
    public static void main(String[] arguments) throws Exception {
        boolean blocking = arguments[arguments.length - 1].equals("blocking");
        Selector selector = Selector.open();
        ServerSocketChannel last = null;
        for (String argument : arguments) {
            if (!argument.equals("blocking")) {
                last = ServerSocketChannel.open();
                last.socket().setReuseAddress(true);
                last.socket().bind(new InetSocketAddress(Integer.parseInt(argument)), 1000);
                System.out.println(last.getLocalAddress() + " " + last.socket().getLocalSocketAddress());
                if (!blocking) {
                    last.configureBlocking(false);
                    last.register(selector, SelectionKey.OP_ACCEPT);
                }
            }
        }
        while (true) {
            if (blocking) {
                answer(last.socket().accept().getChannel());
                continue;
            }
            selector.select();
            for (SelectionKey key : selector.selectedKeys()) {
                SocketChannel connection = ((ServerSocketChannel) key.channel()).accept();
                answer(connection); // null would be an error, as it is to Kafka
            }
            selector.selectedKeys().clear();
        }
    }

    private static void answer(SocketChannel connection) throws IOException {
        try (connection) {
            System.out.println("taken");
            connection.write(ByteBuffer.wrap(new byte[] {'!'}));
        } catch (IOException gone) {
            // the other side left
        }
    }
}
