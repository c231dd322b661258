"""Bytes to feed entries: RSS, Atom, JSON Feed, sitemaps, link lists of HTML pages; recognises login pages."""
