"""Text shown to people contains no control characters: for terminals, browsers, XML parsers and readers."""

import json
import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from schemas.printable import one_line, printable, printable_json

ANY = st.text(st.characters(exclude_categories=[]))
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_what_commands_is_left_out_and_what_is_written_stays():
    assert printable("a\x1b[31mb\u202ec\U000e0041d\x9b2Je\ud800\ufefff\x00") == "a[31mbcd2Jef"
    assert printable("uno\r\ndos\rtres\u2028cuatro\x85cinco\tseis") == "uno\ndos\ntres\ncuatro\ncinco\tseis"
    kept = "«Señal» ¿qué? 👨\u200d👩\u200d👧 नमस्ते \u05e9\u05dc\u05d5\u05dd — ½ e\u0301"
    assert printable(kept) == kept
    assert one_line(" a\n\n b\x1b\tc ") == "a b c"


@given(ANY)
def test_no_control_or_direction_is_left_in_any_text(text):
    out = printable(text)
    assert not [c for c in out if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
    assert not BIDI & set(out)
    assert not re.search("[\U000e0000-\U000e007f]", out)
    assert printable(out) == out
    out.encode()


@given(ANY)
def test_any_text_makes_well_formed_xml(text):
    element = etree.Element("a", href=printable(text))
    element.text = printable(text)
    assert etree.fromstring(etree.tostring(element)).text == (printable(text) or None)


@given(st.recursive(ANY | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(ANY, inner)))
def test_json_means_the_same_with_escapes_for_them(value):
    out = printable_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(out) == value
    assert not BIDI & set(out) and "\x9b" not in out
    out.encode()
