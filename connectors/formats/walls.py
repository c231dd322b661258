"""Recognises walls: a captcha, bot check, consent or login page instead of the requested page."""

import html
import re

#: A page with at least so many words of an article is not a wall.
ENOUGH = 25
_UNSEEN = re.compile(
    r"(?is)<(script|style|iframe|noscript|title|nav|select)\b[^<>]*>.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)"
)
_EDGE = re.compile(
    r"</?(?:p|br|div|section|article|main|header|footer|aside|ul|ol|li|table|tr|td|h[1-6]|blockquote|body|head)\b"
    r"[^<>]{0,2000}>",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
_SENTENCE = re.compile(r"[.!?…][\"'”’»)]*$")
#: Words that are typical of walls and rare in articles. Sentences with one of them are not counted.
_ASKS = re.compile(
    r"cookies?\b|consent|privacy|privacidad|javascript|captcha|robot|browser|navegador|cloudflare|ray id|"
    r"security (?:check|service|verification)|verif(?:y|ying|ica(?:r|ndo|mos)?) (?:you|que|su|tu)|human\b|"
    r"suscr[ií]b|subscri|sign in|log in|inicia(?:r)? sesi[oó]n|contrase[nñ]a|password|access (?:to this|denied)|"
    r"acceso (?:a este|denegado)|unusual (?:traffic|activity)|blocked|bloquead[oa] (?:por|el acceso)|"
    r"partners|socios|proveedores|tu dispositivo|your device",
    re.IGNORECASE,
)
_SIGNS = (
    ("captcha", re.compile(r"g-recaptcha|h-captcha|hcaptcha\.com|captcha-delivery|geo\.captcha|arkoselabs", re.I)),
    ("bot check", re.compile(
        r"cf-chl-|challenge-platform|cf_captcha|<title>\s*(?:just a moment|attention required|access denied|"
        r"robot check|un momento|acceso denegado|are you a robot|pardon our interruption)|_incapsula_|px-captcha|"
        r"datadome|distil_r_captcha|akamai[^<]{0,40}reference|sucuri website firewall", re.I)),
    ("consent", re.compile(
        r"consent\.(?:google|yahoo|youtube)\.|<title>[^<]{0,80}(?:consent|before you continue|antes de continuar|"
        r"consentimiento|privacy choices|cookie wall)|guce\.(?:oath|yahoo)|sourcepoint|didomi-host|"
        r"onetrust-consent-sdk|qc-cmp2|id=[\"'](?:consent|cookie)[-_]?(?:wall|page|form)", re.I)),
    ("login", re.compile(r"<title>\s*(?:log ?in|sign ?in|inicia(?:r)? sesi[oó]n|suscr[ií]bete|subscribe)\b", re.I)),
)  # fmt: skip
_HTML = re.compile(r"(?i)<(?:!doctype\s+html|html|head|body|script|meta)\b")
_PROLOG = {"<!--": "-->", "<?xml": ">"}


def is_html(text: str) -> bool:
    """Whether a text begins like an HTML page, after white space, comments and an XML declaration. Linear time."""
    head, at = text[:4096].lower(), 0
    while True:
        at += len(head) - at - len(head[at:].lstrip())
        end = next((end for start, end in _PROLOG.items() if head.startswith(start, at)), None)
        if end is None:
            return bool(_HTML.match(head, at))
        found = head.find(end, at)
        if found < 0:
            return False
        at = found + len(end)


def find_wall(text: str) -> str | None:
    """The kind of wall that an HTML text is, or None.

    A wall has one of the signs and contains no article. The signs alone are not enough, because scripts of CDNs and
    consent managers are in every page of a site.
    """
    head = text[:200_000]
    found = next((name for name, sign in _SIGNS if sign.search(head)), None)
    return None if found is None or article_words(text) >= ENOUGH else found


def article_words(text: str) -> int:
    """Number of words in the text blocks of at least 8 words that end like a sentence and have no word of `_ASKS`."""
    count = 0
    for part in _EDGE.split(_UNSEEN.sub(" ", text[:1_000_000])):
        words = " ".join(html.unescape(_ANY_TAG.sub(" ", part)).split())
        if len(words.split()) >= 8 and _SENTENCE.search(words) and not _ASKS.search(words):
            count += len(words.split())
    return count
