"""Masks secrets in text that is shown or stored: logs, messages, dead letters, metric labels.

By structure: only scheme, host and path of a URL are shown; passwords, tokens and keys are recognised by the names in
front of them or by their form. By registration: a secret that was registered when it was read is masked wherever it
occurs. All patterns take linear time: each repetition is bounded, or can start only at the start of a run of its
characters.
"""

import base64
import hashlib
import html
import json
import re
from itertools import pairwise
from urllib.parse import quote, quote_plus, unquote

HIDDEN = "***"
#: Shorter secrets are masked only by structure, because a text like "abc" is part of too many words.
SHORTEST = 4
#: Most registered texts. Each one costs a search in every text that is masked.
MOST = 2000
#: Schemes whose host and path may be shown. With others (mailto://, tgram://, slack:// …) the host may be a token.
_SHOWN = frozenset([
    "http", "https", "ftp", "file", "unix", "tcp", "ws", "wss", "s3",
    "hdfs", "grpc", "pekko.tcp", "akka.tcp", "jar", "plaintext", "ssl", "sasl_ssl",
])  # fmt: skip
#: Hosts (and their subdomains) whose URL paths are secret.
_HOOKS = (
    "hooks.slack.com", "api.telegram.org", "discord.com", "discordapp.com", "webhook.office.com", "outlook.office.com",
    "logic.azure.com", "chat.googleapis.com", "hooks.zapier.com", "maker.ifttt.com", "api.pushover.net",
)  # fmt: skip
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.%]{0,60}\]|[^:@\[\]]*)(?::\d{0,5})?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}$")
_URL_END = re.compile(r"[^\s\"'<>]*")
_TAIL = re.compile(r"[?#]")
_MASKED_TAIL = re.compile(r"\?…[0-9a-f]{6}|#…|[?#]")
_ENCODED_URL = re.compile(r"(?i)%(?:25){0,3}3a%(?:25){0,3}2f%(?:25){0,3}2f[^\s\"'<>]*")
#: A query that was percent-encoded into the path.
_ENCODED_TAIL = re.compile(r"(?i)%(?:25){0,3}(?:3f|23|3b).*", re.DOTALL)
#: A user and a password in an address without a scheme.
_USER = re.compile(r"(?<![:/\w])//[^\s/@\"'<>]{1,256}@")
_QUERY = re.compile(
    r"\?[\w.\[\]%+~-]{1,64}=[^\s\"'<>]*|[;&](?=[\w.-]{0,64}(?i:session|token|key|sig|pass|auth|secret)"
    r"[\w.-]{0,64}=)[\w.-]{1,128}=[^\s\"'<>]*"
)
_VALUE = r"b?(?:\"(?:[^\"\\]|\\.){0,4000}\"?|'(?:[^'\\]|\\.){0,4000}'?|[^\s,;&\"'<>)\]}]+)"
_HEADER = re.compile(
    r"(?i)((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token|webhook-signature)(\\?[\"']?\s{0,3}[:=]\s{0,3}+)"
    r"(?!\*\*\*)(?:b?\"(?:[^\"\\]|\\.){0,4000}\"?|b?'(?:[^'\\]|\\.){0,4000}'?|[^\r\n\"']+)"
)
_NAMES = (
    r"(?:(?<![a-z])(?:pass|pwd|auth|clave|contraseña)|password|passwd|passphrase|passcode|secret|token|api[_-]?key"
    r"|access[_-]?key|private[_-]?key|credential|signature|session[_-]?id|jwt)"
)
_NAMED = re.compile(
    rf"(?i)({_NAMES}(?:[a-z0-9_-]{{0,30}}(?:\\?[\"'])?=|s?(?![a-z])[a-z0-9_-]{{0,30}}(?:\\?[\"'])?\s{{0,3}}"
    rf"(?:=|:(?!//)(?!\s{{1,3}}[a-z]{{1,30}} [a-z])))\s{{0,3}}+)"  # "token: must be given" is a sentence
    rf"(?!\*\*\*){_VALUE}"
)
_TOKEN = re.compile(
    r"whsec_[A-Za-z0-9+/=_-]+"
    r"|xox[a-z]-[A-Za-z0-9-]+|xapp-[A-Za-z0-9-]+"
    r"|(?<![A-Z0-9])T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/[A-Za-z0-9]{10,}"
    r"|(?:hooks\.slack\.com|api\.telegram\.org|discord(?:app)?\.com/api/webhooks)/[^\s\"'<>]+"
    r"|(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_.-]+"
    r"|(?<![A-Za-z])(?:Bearer|bearer|Basic|basic) [A-Za-z0-9+/._~-]{12,}=*"
    r"|(?<![A-Za-z0-9])(?:gh[pousr]_|glpat-|AKIA)[A-Za-z0-9_-]{16,}"
)
_BOT = re.compile(r"(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}")
#: Every match of _HEADER or _NAMED contains one of the first (in lower case), every match of _TOKEN one of the second.
_NAME_HINTS = (
    "pass", "pwd", "auth", "clave", "contraseña", "secret", "token", "key", "credential", "signature", "session", "jwt",
    "cookie",
)  # fmt: skip
_TOKEN_HINTS = (
    "whsec_", "xox", "xapp-", "/B", "hooks.slack", "telegram", "discord", "eyJ", "earer ", "asic ", "gh", "glpat-",
    "AKIA",
)  # fmt: skip
_CLOSING = ".,:;!)]}"
_PIECES = re.compile(r"[A-Za-z0-9]+")

_known: tuple[str, ...] = ()


def masked(text: str) -> str:
    """The text without secrets."""
    if "://" in text:
        text = _without_urls(text)
    if "//" in text and "@" in text:
        text = _USER.sub(f"//{HIDDEN}@", text)
    for secret in _known:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    if "%" in text:
        text = _ENCODED_URL.sub(lambda match: match[0][:3] + HIDDEN, text)
    if "=" in text:
        text = _QUERY.sub(lambda match: match[0][0] + "…", text)
    if "=" in text or ":" in text:
        small = text.lower()
        if any(name in small for name in _NAME_HINTS):
            text = _NAMED.sub(rf"\1{HIDDEN}", _HEADER.sub(rf"\1\2{HIDDEN}", text))
        text = _BOT.sub(HIDDEN, text)
    return _TOKEN.sub(HIDDEN, text) if any(hint in text for hint in _TOKEN_HINTS) else text


def shown_url(url: str) -> str:
    """A URL without its secrets, for logs and messages: scheme, host, path. A query is replaced by "?…" and six hex
    digits of its hash, which distinguish it from other queries.

    A path segment that looks like a token is replaced by "…" and such digits.
    """
    scheme, mark, rest = url.partition("://")
    if not mark:
        return masked(url)
    if scheme.rpartition(":")[2].lower() not in _SHOWN:
        return f"{scheme}://{HIDDEN}"
    cut = match.start() if (match := _TAIL.search(rest)) else len(rest)
    main, tail = rest[:cut], rest[cut:]
    authority, slash, path = main.partition("/")
    prefix = ""
    doubtful = ":" in authority or "@" in authority
    if doubtful and re.search(r"[^/]@", path) or authority.endswith("@"):
        authority, slash, path = main[main.rindex("@") + 1 :].partition("/")  # a password with a slash or an @ in it
        prefix = f"{HIDDEN}@"
    elif "@" in authority:
        authority, prefix = authority[authority.rindex("@") + 1 :], f"{HIDDEN}@"
    if not _HOST.fullmatch(authority):
        authority = HIDDEN
    host = authority.partition(":")[0].lower()
    if path and any(host == hook or host.endswith("." + hook) for hook in _HOOKS):
        path = HIDDEN
    path = _ENCODED_TAIL.sub("…", "/".join(map(_shown_segment, path.split("/"))))
    if tail and not _MASKED_TAIL.fullmatch(tail):
        tail = "?…" + _short_hash(tail) if tail.startswith("?") else "#…"
    return f"{scheme}://{prefix}{authority}{slash}{path}{tail}"


def register(*secrets: str) -> None:
    """From now on `masked` masks these secrets, also in the forms that they have in URLs, HTML, JSON and base64."""
    global _known
    new = {form for secret in secrets if secret not in _known for form in _forms(secret) if len(form) >= SHORTEST}
    if new - set(_known):
        _known = tuple(sorted(new.union(_known), key=lambda form: (-len(form), form))[:MOST])


def register_url(url: str) -> None:
    """The secrets of an address: its password, tokens in its path and query; of an unusual scheme, its host too."""
    scheme, _, rest = url.partition("://")
    beyond = rest.rfind("@")
    if beyond >= 0:
        user, mark, password = rest[:beyond].partition(":")
        register(*(x for x in ((password, unquote(password)) if mark else (user, unquote(user))) if x))
    rest = rest[beyond + 1 :]
    main, _, query = rest.partition("?")
    pieces = main.partition("#")[0].split("/")
    unusual = scheme.lower() not in _SHOWN
    if unusual:  # tgram://123:TOKEN/chat, slack://TOKEN/TOKEN/TOKEN
        parts = re.split("[/:]", main if beyond < 0 else "/".join(pieces[1:]))
        tokens = [part for part in parts if _mixed(part)]
    else:
        tokens = [piece for piece in pieces[1:] if _is_token(piece)]
    values = [pair.partition("=")[2] for pair in re.split("[&;#]", query)]
    tokens += [value for value in values if _mixed(value) or len(value) >= 16]
    register(*tokens, *map(unquote, tokens))


def _forms(secret: str) -> set[str]:
    ways = (quote, quote_plus, lambda text, errors: quote(text, safe="", errors=errors))
    encoded = {way(secret, errors="replace") for way in ways}
    lower = {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in encoded}
    quoted = {json.dumps(secret), json.dumps(secret, ensure_ascii=False), repr(secret)}
    packed = base64.b64encode(secret.encode("utf-8", "replace")).decode()
    return {secret, *encoded, *lower, html.escape(secret), *(text[1:-1] for text in quoted), packed.rstrip("=")}


def _without_urls(text: str) -> str:
    parts, done = [], 0
    while (at := text.find("://", done)) >= 0:
        scheme = match[0] if (match := _SCHEME.search(text[max(done, at - 31) : at])) else ""
        end = _URL_END.match(text, at + 3).end()  # type: ignore[union-attr]
        begin = at - len(scheme)
        url = text[begin:end].rstrip(_CLOSING)
        parts += [text[done:begin], shown_url(url)]
        done = max(begin + len(url), at + 3)
    return "".join([*parts, text[done:]])


def _shown_segment(segment: str) -> str:
    name, mark, parameters = segment.partition(";")
    if _is_token(name):
        name = "…" + _short_hash(name)
    return name + (";…" if mark and parameters else mark)


def _is_token(segment: str) -> bool:
    """Whether a path segment looks made by chance: hexadecimal, or in one piece capitals, small letters and digits, or
    letters and digits in turn."""
    if len(segment) < 16:
        return False
    if re.fullmatch(r"(?:bot)?\d{6,12}:[\w-]{20,}", segment):
        return True
    bare = segment.replace("-", "")
    if len(bare) >= 24 and re.fullmatch("[0-9a-fA-F]+", bare):
        return True
    return any(len(p) >= 16 and _mixed(p) and _by_chance(p) for p in _PIECES.findall(segment))


def _by_chance(piece: str) -> bool:
    """Both cases, or at least five changes between letters and digits: dates and model names in words have fewer."""
    changes = sum(a.isdigit() != b.isdigit() for a, b in pairwise(piece))
    return (piece != piece.lower() and piece != piece.upper()) or changes >= 5


def _mixed(text: str) -> bool:
    return len(text) >= 8 and any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


def _short_hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()
