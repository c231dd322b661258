"""What an answer changes in a feed's state: its address, the validators sent with the next request."""

from connectors.feeds.decide import MOVED, UNCONDITIONAL, Polled, address, decide, validators
from connectors.web.fetcher import Response
from tests.support.polled import NOW, URL, USED, after, entries, failed, fetched, state


def test_a_permanent_redirect_is_believed_when_seen_repeatedly():
    new = "https://example.org/new"
    moves = [fetched(entries(3), permanent=new)] * MOVED
    almost, events = after(*moves[1:])
    assert address(almost) == URL and not events
    moved, events = after(*moves)
    assert address(moved) == new and [event.kind for event in events] == ["moved"] and moved.url == URL
    wavering, events = after(moves[0], fetched(entries(3)), *moves[1:])
    assert address(wavering) == URL and not events
    back, _ = after(*[failed(404)] * MOVED, first=moved)
    assert address(back) == URL


def test_validators_are_sent_and_left_out_every_so_often():
    current = state(etag='"e"', last_modified="Mon, 02 Mar 2026 10:00:00 GMT")
    assert set(validators(current, NOW)) == {"If-None-Match", "If-Modified-Since"}
    current, _ = after(*[Polled(Response(URL, 304), conditional=True)] * UNCONDITIONAL, first=current)
    assert validators(current, NOW) == {}
    current, _ = after(fetched(entries(3), etag='"f"'), first=current)
    assert validators(current, NOW) == {"If-None-Match": '"f"'}


def test_validators_that_lie_are_not_believed_again():
    current, _ = after(fetched(entries(3), etag='"e"'), fetched(entries(4), etag='"e"'))
    assert current.distrusted and validators(current, NOW) == {}
    honest, _ = after(fetched(entries(3), etag='"e"'), fetched(entries(4), etag='"f"'))
    assert not honest.distrusted


def test_a_304_nobody_asked_for_is_a_failure():
    assert decide(state(), Polled(Response(URL, 304)), USED, NOW).result == "http-304"
