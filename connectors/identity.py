"""Article ids and versions: all links to one article give the same id, and all copies of one text the same version."""

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit, urlunsplit

from connectors.page_text import plain
from connectors.urls import canonical_url, web_address
from schemas.article import FeedEntry
from schemas.ids import article_id, fold, text_version


def id_of(url: str) -> str:
    """Article id of a URL. http or https, with or without www., m., mobile. or a final slash: the id is the same."""
    if not web_address(canonical := canonical_url(url)):
        return article_id(url)
    parts = urlsplit(canonical)
    host = re.sub(r"^(?:www|m|mobile)\.(?=.+\.)", "", parts.netloc)
    return article_id(urlunsplit(("https", host, parts.path.rstrip("/"), parts.query, parts.fragment)))


def entry_ids(
    entries: Iterable[FeedEntry],
    feed: str,
    known: Mapping[str, FeedEntry] | None = None,
    shared: frozenset[str] | None = None,
) -> list[str]:
    """Article id of each entry of one poll: from its link, or from link (or feed URL) and guid if that is not unique.

    Entries with different titles may share a link (a live page); a link to a home page may be that of any entry. Then
    the guid is added to the link. If the guid is shared too (see `shared_guids`), the title or the text is added
    instead. `known` holds the poll's other entries by article id. `shared` holds the poll's shared guids; by default
    they are computed from `entries`.
    """
    entries = list(entries)
    links = [id_of(entry.url) if entry.url else "" for entry in entries]
    shared = shared_guids(entries) if shared is None else shared
    by_link: dict[str, set[str]] = {link: set() for link in links}
    by_url = {entry.url: link for link, entry in zip(links, entries, strict=True)}
    for key, entry in known.items() if known else ():
        if (link := by_url.get(entry.url, key)) in by_link:
            by_link[link].add(heading(entry))
    for link, entry in zip(links, entries, strict=True):
        by_link[link].add(heading(entry))
    return [
        link
        if link and len(by_link[link]) == 1 and not _is_home(entry.url)
        else own_id(entry, feed, entry.id in shared)
        for link, entry in zip(links, entries, strict=True)
    ]


def _is_home(url: str) -> bool:
    """Whether a link leads to a site's home page, which is the page of no article."""
    return not any(mark in url.partition("://")[2].rstrip("/") for mark in "/?#")


def own_id(entry: FeedEntry, feed: str, shared: bool = False) -> str:
    """Article id of an entry whose link is also that of others: from its guid, or from its title or text if the guid is
    `shared` or only repeats the link."""
    name = heading(entry) if shared or entry.id == entry.url else entry.id
    return article_id(f"{entry.url or feed}#{name}")


def heading(entry: FeedEntry) -> str:
    """What distinguishes entries under the same link: the title, or the text if there is no title."""
    return fold(entry.title) or fold(plain(entry.summary or entry.content))


def shared_guids(entries: Iterable[FeedEntry]) -> frozenset[str]:
    """The guids that several different entries of one poll share, such as a section's URL. They identify no entry.

    Entries are different if their titles differ, or if both their links and their texts differ.
    """
    groups: dict[str, list[FeedEntry]] = {}
    for entry in entries:
        groups.setdefault(entry.id, []).append(entry)
    return frozenset(guid for guid, group in groups.items() if len(group) > 1 and _differ(group))


def _differ(group: Sequence[FeedEntry]) -> bool:
    if len({heading(entry) for entry in group}) > 1:
        return True
    return len({id_of(entry.url) for entry in group}) > 1 and len({entry_version(entry) for entry in group}) > 1


def entry_version(entry: FeedEntry, page_text: str | None = None) -> str:
    """Version of an entry: a digest of the words of title, summary and content, and of `page_text` if given."""
    parts = [fold(plain(part)) for part in (entry.title, entry.summary, entry.content)]
    return text_version([*parts, page_text] if page_text else parts)
