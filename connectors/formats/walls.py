"""Is this page a wall: a captcha, a bot check, a consent or login page instead of what was asked for?"""
import re

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
    """Does a text begin as an HTML page does, after white space, comments and an XML declaration? Linear."""
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


def wall(text: str, words: int | None = None) -> str | None:
    """Which kind of wall an HTML text is, or None. A page with `words` of article text above 150 is none."""
    if words is not None and words > 150:
        return None
    head = text[:200_000]
    for name, sign in _SIGNS:
        if sign.search(head):
            return name
    return None
