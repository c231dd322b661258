"""Signed webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

Delivery: at least once. `webhook-id` is the same at every try, so that a receiver can drop duplicates. The timestamp
is that of the try, so that a receiver can refuse old messages.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from connectors.delivery.briefing_text import RENDER, BriefingMessage
from connectors.delivery.mark_links import LinkMaker
from connectors.delivery.secrets import NoSecret, reveal, signing_key, struck
from connectors.delivery.timing import Answer
from connectors.http_headers import retry_after
from schemas.alert import Alert
from schemas.codec import encode
from schemas.delivery import Secret
from schemas.ids import digest

#: HTTP status codes that reject this particular message; the destination itself works.
REFUSED = frozenset({400, 406, 411, 413, 414, 415, 422, 431})
TIMEOUT = httpx.Timeout(15, connect=10)
#: Seconds for the whole response, seconds for its body once the status is known, and bytes of the body that are read.
TOTAL, SAYING, SAID = 30.0, 5.0, 4096


@dataclass(frozen=True)
class Received:
    """The response: status and reason, Retry-After, the beginning of the body."""

    status: int
    reason: str
    retry_after: str
    text: str


class Webhook:
    """POSTs alerts to one URL. A 2xx response means delivered. Redirects are not followed and count as failures.

    A response may take at most TOTAL seconds, however slowly it arrives. At most about SAID bytes of its body are read,
    and they are not decompressed. Use an instance from one thread only.
    """

    def __init__(self, url: Secret, secret: Secret, links: LinkMaker | None = None) -> None:
        self._url, self._secret, self._links = url, secret, links
        self._runner: asyncio.Runner | None = None
        self._client = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False)

    def check(self) -> None:
        """Raises NoSecret if the URL or the secret cannot be read or is not valid."""
        try:
            parts = urlsplit(reveal(self._url))
        except ValueError:
            raise NoSecret("webhook: no http(s) URL") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NoSecret("webhook: no http(s) URL")
        signing_key(self._secret)

    def send(self, alerts: Sequence[Alert], now: datetime) -> Answer:
        return self._send(lambda key: signed(alerts, now, key, self._links), now)

    def send_briefing(self, briefing: BriefingMessage, now: datetime) -> Answer:
        return self._send(lambda key: signed_briefing(briefing, now, key), now)

    def _send(self, made: Callable[[bytes], tuple[dict[str, str], bytes]], now: datetime) -> Answer:
        """Send the headers and the body that `made` makes with the key."""
        secrets: list[str] = []
        try:
            secrets = [reveal(self._url), reveal(self._secret)]
            headers, content = made(signing_key(self._secret))
            self._runner = self._runner or asyncio.Runner()
            answer = self._runner.run(self._post(secrets[0], content, headers))
        except NoSecret as error:
            return Answer(False, str(error))
        except TimeoutError:
            return Answer(False, f"no answer within {TOTAL:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Answer(False, struck(f"{type(error).__name__}: {error}", *secrets))
        told = struck(f"HTTP {answer.status} {answer.reason}: {answer.text[:200]}".rstrip(": "), *secrets)
        taken = 200 <= answer.status < 300
        return Answer(taken, told, answer.status in REFUSED, retry_after(answer.retry_after, now))

    async def _post(self, url: str, content: bytes, headers: dict[str, str]) -> Received:
        data = b""
        async with (
            asyncio.timeout(TOTAL),
            self._client.stream("POST", url, content=content, headers=headers) as answer,
        ):
            # Only the status decides. So a slow or broken body is not waited for.
            with contextlib.suppress(TimeoutError, httpx.HTTPError):
                async with asyncio.timeout(SAYING):
                    async for part in answer.aiter_raw(1024):
                        data += part
                        if len(data) >= SAID:
                            break
        coded = answer.headers.get("content-encoding", "identity").lower() != "identity"
        text = "" if coded else data[:SAID].decode("utf-8", "replace")
        wait = answer.headers.get("retry-after", "")
        return Received(answer.status_code, answer.reason_phrase[:100], wait, text)

    def close(self) -> None:
        if self._runner:
            self._runner.run(self._client.aclose())
            self._runner.close()
            self._runner = None


def signed(
    alerts: Sequence[Alert], now: datetime, key: bytes, links: LinkMaker | None = None
) -> tuple[dict[str, str], bytes]:
    """Headers and body of the message. `data` is one alert as in Kafka, or the list of alerts of a digest. `links` has
    an object for each alert, with its links to the page, if the page has an address."""
    single = len(alerts) == 1
    data = json.loads(encode(alerts[0])) if single else {"alerts": [json.loads(encode(alert)) for alert in alerts]}
    kind = f"alert.{alerts[0].kind}" if single else "alert.digest"
    payload = {"type": kind, "timestamp": now.isoformat(), "data": data}
    if links:
        payload["links"] = [{"alert": a.id, "topic": a.topic, **links(a, now)._asdict()} for a in alerts]
    return _signed(message_id(alerts), payload, now, key)


def signed_briefing(briefing: BriefingMessage, now: datetime, key: bytes) -> tuple[dict[str, str], bytes]:
    """Headers and body of the message: the briefing as text, Markdown and HTML, and what it is of."""
    written: dict[str, str] = {form: write(briefing.lines) for form, write in RENDER.items()}
    data: dict[str, object] = {
        "route": briefing.route,
        "since": briefing.since.isoformat(),
        "until": briefing.at.isoformat(),
        "count": briefing.count,
        "title": briefing.title,
        **written,
    }
    return _signed(briefing.id, {"type": "briefing", "timestamp": now.isoformat(), "data": data}, now, key)


def _signed(name: str, payload: dict[str, Any], now: datetime, key: bytes) -> tuple[dict[str, str], bytes]:
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    stamp = str(int(now.timestamp()))
    signature = hmac.digest(key, b".".join([name.encode(), stamp.encode(), body]), hashlib.sha256)
    return {
        "content-type": "application/json",
        "user-agent": "Borderwire",
        "accept-encoding": "identity",
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(signature).decode(),
    }, body


def message_id(alerts: Sequence[Alert]) -> str:
    """The idempotency key: id and topic of the alert, which are unique together; for a digest, a hash of all these."""
    names = [f"{alert.id}-{alert.topic}" for alert in alerts]
    return names[0] if len(names) == 1 else "digest-" + digest("message", *names)
