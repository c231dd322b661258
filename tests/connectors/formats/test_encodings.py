"""Encodings of feeds: declared, not declared, declared wrongly, mixed."""

import pytest

from connectors.formats.xmltree import decode_feed
from tests.connectors.formats.feed_texts import RSS, item, one


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "cp1252"])
@pytest.mark.parametrize("declared", [True, False])
def test_encodings_declared_or_not(encoding, declared):
    name = encoding.removesuffix("-sig").removesuffix("-le").removesuffix("-be")
    head = f'<?xml version="1.0" encoding="{name}"?>' if declared else '<?xml version="1.0"?>'
    text = head + item("Año “señal”")
    text = text if encoding != "iso-8859-1" else text.replace("“", '"').replace("”", '"')
    title = one(text.encode(encoding)).entries[0].title
    assert title.startswith("Año") and "señal" in title


def test_a_wrong_label_does_not_win_over_valid_utf8():
    data = '<?xml version="1.0" encoding="ISO-8859-1"?>' + item("Año")
    assert one(data, "text/xml; charset=us-ascii").entries[0].title == "Año"


def test_text_decoded_wrongly_twice_is_mended():
    data = RSS.replace("Short.", "Mérida, año de señales".encode().decode("cp1252"))
    assert one(data).entries[0].summary == "Mérida, año de señales"


def test_decode_never_fails():
    assert decode_feed(b"\xff\xfe\x00") and decode_feed(b"caf\xe9", "text/xml; charset=klingon") == "café"
