"""Mail sent through Apprise to a server on loopback, with arbitrary text from pages in the subject."""

import email
import email.policy
import socketserver
import threading
from datetime import timedelta

import pytest
from lxml import html

from connectors.delivery.apprise_sink import Notice
from connectors.delivery.mark_links import link_maker
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
                    body.append(line.removeprefix(b".") if line.startswith(b"..") else line)
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


def notice(post, links=None, more=""):
    port = post.server_address[1]
    url = f"mailto://127.0.0.1:{port}/?smtp=127.0.0.1&mode=insecure&from=bot@example.org&to=desk@example.org{more}"
    return Notice(Secret(value=url), links)


def test_a_mail_says_who_said_what_where_and_no_page_adds_a_header(post):
    one = alert(1, speaker="Ana Ruiz\r\nBcc: all@example.org", text="«No hay Iniciativa Mérida» <b>dijo</b>")
    assert notice(post).send([one], NOW).taken
    mail = email.message_from_bytes(post.got[0], policy=email.policy.default)
    assert mail["subject"] == "Ana Ruiz Bcc: all@example.org · merida · El Mirador"
    assert (mail["to"], mail["bcc"]) == ("desk@example.org", None)
    for form, words in (("plain", "«No hay Iniciativa Mérida» <b>dijo</b>"), ("html", "&lt;b&gt;dijo&lt;/b&gt;")):
        text = mail.get_body((form,)).get_content()
        for part in (words, "El Mirador: Report 1", "https://example.org/1#:~:text=", "Mérida Initiative"):
            assert part in text


def test_a_mail_has_links_to_the_page_and_to_mark_the_alert(post):
    one, links = alert(1, lang="es"), link_maker("https://desk.example", b"k" * 32, "desk", timedelta(days=14))
    assert notice(post, links).send([one, alert(2)], NOW).taken
    mail = email.message_from_bytes(post.got[0], policy=email.policy.default)
    page = html.fromstring(mail.get_body(("html",)).get_content())
    found = {link.text_content(): link.get("href") for link in page.cssselect("a")}
    made = links(one, NOW)
    assert (found["Es un error"], found["Silenciar esta historia"]) == (made.wrong, made.mute)
    assert found[made.page] == made.page == "https://desk.example/alert/merida/s1"
    assert found["Wrong"] == links(alert(2), NOW).wrong
    assert made.page in mail.get_body(("plain",)).get_content()


def test_a_mail_that_asks_for_text_gets_text_with_the_links(post):
    links = link_maker("https://desk.example", b"k" * 32, "desk", timedelta(days=14))
    assert notice(post, links, "&format=text").send([alert(1)], NOW).taken
    mail = email.message_from_bytes(post.got[0], policy=email.policy.default)
    assert mail.get_content_type() == "text/plain"
    assert f"Wrong: {links(alert(1), NOW).wrong}" in mail.get_content()


def test_a_digest_is_one_mail(post):
    assert notice(post).send([alert(1), alert(2)], NOW).taken
    [mail] = (email.message_from_bytes(data, policy=email.policy.default) for data in post.got)
    assert mail["subject"] == "2 alerts on merida"
    text = mail.get_body(("html",)).get_content()
    assert "1 helicopters" in text and "2 helicopters" in text


def test_a_server_that_refuses_has_taken_nothing(post):
    post.refusal = b"554 no thanks\r\n"
    answer = notice(post).send([alert(1)], NOW)
    assert not answer.taken
    assert "no thanks" in answer.told
