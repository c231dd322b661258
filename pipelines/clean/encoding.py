"""Decodes pages: finds the real encoding and repairs mojibake.

The order follows the WHATWG encoding standard (byte order mark, HTTP header, <meta>), with two exceptions that news
pages need: valid UTF-8 is always decoded as UTF-8, whatever the label says, and latin-1 means windows-1252.
"""

import codecs
import re
import unicodedata

from schemas.lean_imports import unused

with unused("wcwidth"):  # for aligning text on a terminal
    import ftfy
    import ftfy.bad_codecs

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEADER = re.compile(r"charset\s*+=\s*+[\"']?+\s*+([\w.:-]+)", re.I)
_META = re.compile(
    rb"<meta[^>]{0,200}?charset\s*+=\s*+[\"']?+\s*+([\w.:-]+)|^\s*+<\?xml[^>]{0,100}encoding\s*+=\s*+[\"']([\w.:-]+)",
    re.I,
)
_SLOPPY = "sloppy-windows-1252"
_ALIASES = dict.fromkeys(("iso8859-1", "ascii", "cp1252", "latin_1", "iso8859-15"), _SLOPPY)

_LEADS = "ÃÂâÅÐÑðïÄÎÏ\ufffd" + "".join(map(chr, range(0x80, 0xA0)))
_SUSPECT = re.compile("[\u0080-\u009f\ufffdÃÂâÅÐÑðïÄÎÏ][\u0080-\u02ff\u2010-\u2122\ufffd]|[\u0080-\u009f]")
_RUN = re.compile(r"[^<>\n]+")
# A mangled closing quote without its last byte: it is undefined in windows-1252, so some programs drop or replace it.
_CUT_QUOTE = re.compile("â€(?:\ufffd|(?=[\0-\x7f]|$))")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u0000-\u0008\u000e-\u001f\u007f]")
_FTFY = ftfy.TextFixerConfig(
    unescape_html=False, uncurl_quotes=False, fix_latin_ligatures=False, fix_character_width=False, normalization="NFC"
)


def _known(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return _ALIASES.get(name, name)


def decode_page(data: bytes, content_type: str = "") -> str:
    """The text of `data`. Never raises: undecodable bytes become U+FFFD. `content_type` is the HTTP header."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        broken = error
    labels = [m[1] for m in [_HEADER.search(content_type)] if m]
    if meta := _META.search(data[:4096]):
        labels.append((meta[1] or meta[2]).decode("ascii", "replace"))
    names = [name for label in labels if (name := _known(label))]
    for name in names:
        if name != "utf-8":
            try:
                return data.decode(name)
            except (UnicodeDecodeError, LookupError):
                continue
    text = data.decode("utf-8", "replace")
    # UTF-8 with a few broken sequences (a cut body, a snippet in another encoding) stays UTF-8.
    high = sum(ord(c) > 127 for c in text)
    if broken.reason == "unexpected end of data" or text.count("\ufffd") * 5 < high:
        return text
    return data.decode(_SLOPPY)


def demangle(text: str) -> str:
    """Repair mojibake in text or in a whole page. Markup is not changed.

    This must run before control characters are dropped or spaces are joined: one half of a mangled "í" is a soft
    hyphen, of "Á" and "”" a control character, of "à" a no-break space.
    """
    if text.isascii() or not any(lead in text for lead in _LEADS) or not _SUSPECT.search(text):
        return text
    return _RUN.sub(_fixed, text)


def _fixed(run: re.Match[str]) -> str:
    text = run[0]
    return ftfy.fix_text(_CUT_QUOTE.sub("â€\x9d", text), _FTFY) if _SUSPECT.search(text) else text


def mend_text(text: str) -> str:
    """Repair mojibake, drop invisible characters, normalize to NFC. Typographic quotes and dashes are kept."""
    if text.isascii():
        return _INVISIBLE.sub("", text)
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", demangle(text)))
