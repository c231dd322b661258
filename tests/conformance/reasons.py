"""Why Borderwire's reading differs from another reader's test, by kind of difference."""

import re

from tests.conformance.compare import Reason

_MAIL = re.compile(r"\s*[(<]\S+@\S+[)>]")

REASONS = (
    Reason("CDF is no format of news feeds since 2000",
           lambda text, field, wanted, found: _is_cdf(text) and found in ("", "None")),
    Reason("the author's name without the mail address",
           lambda text, field, wanted, found: field == "author" and (_MAIL.sub("", wanted) == found or "@" in wanted)),
    Reason("JSON Feed 1.1: an item without id is discarded; with an address it is kept",
           lambda text, field, wanted, found: text.startswith("{") and found == "None"),
    Reason("`authors` of JSON Feed is a list",
           lambda text, field, wanted, found: text.startswith("{") and field == "author" and not found),
    Reason("the language of the HTTP answer is that of the server; the feed itself names none",
           lambda text, field, wanted, found: field == "feed language" and found == "None"),
    Reason("an entry without link, title and text is no article",
           lambda text, field, wanted, found: found == "None"),
    Reason("an entry without title stays without; the page has the headline, and nothing is made up",
           lambda text, field, wanted, found: field == "title" and not found),
    Reason("a feed without title has none; the outlet's name is in the feed list",
           lambda text, field, wanted, found: field == "feed title" and not found),
    Reason("an RSS or RDF feed's own author need not be the author of its entries, and the publisher is the outlet",
           lambda text, field, wanted, found: field == "author" and not found),
    Reason("authors in the order of the feed; `authors` takes the place of the older `author` (JSON Feed 1.1)",
           lambda text, field, wanted, found: field == "author" and set(found.split(", ")) <= set(wanted.split(", "))),
    Reason("of several dates the first counts",
           lambda text, field, wanted, found: field == "updated" and len(re.findall("<updated", text)) > 1),
    Reason("a single character in a wrong encoding",
           lambda text, field, wanted, found: "\ufffd" in found),
    Reason("HTML 5 has another character for this reference",
           lambda text, field, wanted, found: "&lang;" in text or "&rang;" in text),
    Reason("a page that begins like HTML is no feed",
           lambda text, field, wanted, found: found == "an HTML page"),
    Reason("the id is compared, not requested: it stays as it was written",
           lambda text, field, wanted, found: field == "id" and wanted.endswith(found)),
    Reason("relative addresses are resolved against the address from which the feed came",
           lambda text, field, wanted, found: field == "url" and _path(wanted) == _path(found)),
    Reason("an entry's address is its own page: neither an enclosure nor the home page of the site",
           lambda text, field, wanted, found: field == "url"),
)  # fmt: skip


def _is_cdf(text: str) -> bool:
    start = text.lower()
    return "<channel" in start and "<rss" not in start and "<rdf:rdf" not in start


def _path(url: str) -> str:
    return url.partition("//")[2].partition("/")[2]
