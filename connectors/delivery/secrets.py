"""Reads the secrets that the routes file refers to, and masks them in everything that is logged or shown."""

import base64
import binascii
import os
import re

from schemas.delivery import Secret
from schemas.masking import masked, register, register_url
from schemas.printable import one_line


class NoSecret(ValueError):
    """A secret cannot be read, or is of the wrong kind. The message says why, and never contains the secret."""

    mistake = True


def reveal(secret: Secret) -> str:
    """The secret in clear text. From now on it is masked in logs. Raises NoSecret."""
    text = _read(secret)
    if "://" in text:
        register_url(text)
    register(text)
    return text


def _read(secret: Secret) -> str:
    if secret.value is not None:
        return secret.value
    if secret.env is not None:
        text = os.environ.get(secret.env, "")
        if not text:
            raise NoSecret(f"the environment variable {secret.env} is not set")
        return text
    try:
        text = secret.file.read_text(encoding="utf-8").strip() if secret.file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise NoSecret(f"{secret.file}: {getattr(error, 'strerror', None) or 'no text'}") from None
    if not text:
        raise NoSecret(f"{secret.file}: empty")
    return text


def signing_key(secret: Secret) -> bytes:
    """The key of a Standard Webhooks secret: `whsec_`, then 24 to 64 bytes in base64. Raises NoSecret."""
    try:
        key = base64.b64decode(reveal(secret).removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        if isinstance(error, NoSecret):
            raise
        raise NoSecret("no Standard Webhooks secret: it is whsec_ and base64; `borderwire deliver secret`") from None
    if not 24 <= len(key) <= 64:
        raise NoSecret(f"a Standard Webhooks secret of {len(key)} bytes: it must have 24 to 64")
    return key


def struck(told: str, *secrets: str) -> str:
    """`told` with the secrets and their parts masked, on one line of at most 300 characters, for logs and output."""
    told = masked(told)
    parts = {part for secret in secrets for part in re.split(r"[/:@?&=,]+", secret) if len(part) > 5} | set(secrets)
    for part in sorted(parts - {""}, key=len, reverse=True):
        told = told.replace(part, "***")
    return one_line(told)[:300]
