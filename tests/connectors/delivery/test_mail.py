"""Mail sent through Apprise to a server on loopback, with arbitrary text from pages in the subject."""

import email
import email.policy
import socketserver
import threading

import pytest

from connectors.delivery.apprise_sink import Notice
from schemas.delivery import Secret
from tests.support.alerts import NOW, alert


class Post(socketserver.StreamRequestHandler):
    """Just enough SMTP to take a message, or to refuse one with `refusal`."""

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        body = None
        for line in self.rfile:
            if body is not None:
                if line == b".\r\n":
                    self.server.got.append(b"".join(body))
                    body = None
                    self.wfile.write(b"250 taken\r\n")
                else:
                    body.append(line)
            elif line[:4].upper() == b"DATA":
                self.wfile.write(self.server.refusal or b"354 go on\r\n")
                body = None if self.server.refusal else []
            else:
                self.wfile.write(b"250 yes\r\n")
                if line[:4].upper() == b"QUIT":
                    return


@pytest.fixture
def post():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post) as server:
        server.got, server.refusal = [], b""
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def notice(post):
    port = post.server_address[1]
    url = f"mailto://127.0.0.1:{port}/?smtp=127.0.0.1&mode=insecure&from=bot@example.org&to=desk@example.org"
    return Notice(Secret(value=url))


def test_a_mail_says_who_said_what_where_and_no_page_adds_a_header(post):
    one = alert(1, speaker="Ana Ruiz\r\nBcc: all@example.org", text="«No hay Iniciativa Mérida» <b>dijo</b>")
    assert notice(post).send([one], NOW).taken
    mail = email.message_from_bytes(post.got[0], policy=email.policy.default)
    assert mail["subject"] == "Ana Ruiz Bcc: all@example.org · merida · El Mirador"
    assert (mail["to"], mail["bcc"]) == ("desk@example.org", None)
    text = mail.get_content()
    for part in ("«No hay Iniciativa Mérida» <b>dijo</b>", "El Mirador: Report 1", "https://example.org/1#:~:text="):
        assert part in text


def test_a_digest_is_one_mail(post):
    assert notice(post).send([alert(1), alert(2)], NOW).taken
    [mail] = (email.message_from_bytes(data, policy=email.policy.default) for data in post.got)
    assert mail["subject"] == "2 alerts on merida"
    assert "1 helicopters" in mail.get_content() and "2 helicopters" in mail.get_content()


def test_a_server_that_refuses_has_taken_nothing(post):
    post.refusal = b"554 no thanks\r\n"
    answer = notice(post).send([alert(1)], NOW)
    assert not answer.taken
    assert "no thanks" in answer.told
