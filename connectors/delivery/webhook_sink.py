"""Signed webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

Delivery: at least once. `webhook-id` is the same at every try, so that a receiver can leave out what it has; the
timestamp is that of the try, so that a receiver can refuse what is old.
"""
import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from connectors.delivery.secrets import NoSecret, reveal, signing_key, struck
from connectors.delivery.timing import Answer
from connectors.http_headers import retry_after
from schemas.alert import Alert
from schemas.codec import encode
from schemas.delivery import Secret
from schemas.ids import digest

#: Answers that mean this very message, whatever the destination's health.
REFUSED = frozenset({400, 406, 411, 413, 414, 415, 422, 431})
TIMEOUT = httpx.Timeout(15, connect=10)


class Webhook:
    """POSTs alerts to one URL. A 2xx answer takes the message; a redirect is not followed and takes nothing."""

    def __init__(self, url: Secret, secret: Secret, client: httpx.Client | None = None) -> None:
        self._url, self._secret = url, secret
        self._client = client or httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False)

    def check(self) -> None:
        """Raises NoSecret when the URL or the secret is none."""
        parts = urlsplit(reveal(self._url))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NoSecret("webhook: no http(s) URL")
        signing_key(self._secret)

    def send(self, alerts: Sequence[Alert], now: datetime) -> Answer:
        secrets: list[str] = []
        try:
            secrets = [reveal(self._url), reveal(self._secret)]
            headers, content = signed(alerts, now, signing_key(self._secret))
            with self._client.stream("POST", secrets[0], content=content, headers=headers) as answer:
                text = beginning(answer)
        except NoSecret as error:
            return Answer(False, str(error))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return Answer(False, struck(f"{type(error).__name__}: {error}", *secrets))
        told = struck(f"HTTP {answer.status_code} {answer.reason_phrase}: {text[:200]}".rstrip(": "), *secrets)
        wait = retry_after(answer.headers.get("retry-after", ""), now)
        return Answer(answer.is_success, told, answer.status_code in REFUSED, wait)

    def close(self) -> None:
        self._client.close()


def beginning(answer: httpx.Response) -> str:
    """The first words of an answer; the rest of a long one is not waited for."""
    data = b""
    for part in answer.iter_bytes(1024):
        data += part
        if len(data) > 4096:
            break
    return data.decode("utf-8", "replace")


def signed(alerts: Sequence[Alert], now: datetime, key: bytes) -> tuple[dict[str, str], bytes]:
    """Headers and body of the message: one alert as it stands in Kafka, or several of a digest."""
    single = len(alerts) == 1
    data = json.loads(encode(alerts[0])) if single else {"alerts": [json.loads(encode(alert)) for alert in alerts]}
    kind = f"alert.{alerts[0].kind}" if single else "alert.digest"
    payload = {"type": kind, "timestamp": now.isoformat(), "data": data}
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    name, stamp = message_id(alerts), str(int(now.timestamp()))
    signature = hmac.digest(key, b".".join([name.encode(), stamp.encode(), body]), hashlib.sha256)
    return {
        "content-type": "application/json",
        "user-agent": "Borderwire",
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(signature).decode(),
    }, body


def message_id(alerts: Sequence[Alert]) -> str:
    """The idempotency key: the alert's id and topic, which name it together; of a digest, a hash of its alerts'."""
    names = [f"{alert.id}-{alert.topic}" for alert in alerts]
    return names[0] if len(names) == 1 else "digest-" + digest("message", *names)
