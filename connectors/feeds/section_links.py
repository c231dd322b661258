"""Tells links to a section, an author or a live page, under which a feed shows one article after another, from links to
one article."""

import re
from urllib.parse import unquote

from connectors.identity import heading
from connectors.urls import web_address
from schemas.article import FeedEntry
from schemas.ids import digest, fold

#: Words of which the last part of a section's address consists: newsrooms, live pages, sections, small words, suffixes.
_SECTION_WORDS = """
noticias noticia news prensa press comunicados comunicado boletines boletin releases release avisos aviso alertas
alerts sala newsroom room media medios vivo live blog blogs liveblog updates update minuto ultima ultimas ultimo
hora breaking latest titulares headlines portada inicio home index feed rss archivo archive
nacional nacionales national internacional internacionales international mundo world local locales estado estados
estatal regional region pais politica politics seguridad security justicia justice policiaca policia crime economia
economy finanzas negocios business deportes sports cultura culture sociedad opinion editorial columnas columna
columnistas frontera border migracion immigration mexico us usa eeuu tecnologia technology salud health ciencia
a al de del el en la las lo los y the of and in to by html htm php asp aspx
"""
#: Parts of an address behind which stands the name of an author or a topic.
_PARENT_WORDS = """
autor autores author authors tag tags etiqueta tema temas topic topics seccion secciones section sections categoria
category categories
"""
_SECTIONS = frozenset(_SECTION_WORDS.split())
_PARENTS = frozenset(_PARENT_WORDS.split())
_EDGE = re.compile(r"[/?#]")


def is_section(url: str) -> bool:
    """Whether this is probably the URL of a section or an author: behind the host are no digits and few hyphens."""
    path = url.partition("://")[2].partition("/")[2]
    return bool(web_address(url)) and not any(char.isdigit() for char in path) and path.count("-") < 3


def shared_heading(entry: FeedEntry) -> str | None:
    """A hash of the entry's heading if its only name is a link that may be that of several articles; else None."""
    if entry.id != entry.url or not is_section(entry.url):
        return None
    name = heading(entry)
    return digest(name, size=6) if _names_no_article(entry.url, name) else None


def _names_no_article(url: str, name: str) -> bool:
    """Whether the address consists of words for sections, stands behind "author" or the like, or ends with a single
    word that the heading `name` does not have. The address of an article is mostly made of words of its title."""
    parts = [words for part in _EDGE.split(url.partition("://")[2])[1:] if (words := _words(part))]
    if not parts or any(word in _PARENTS for part in parts[:-1] for word in part):
        return True
    last = [word for word in parts[-1] if word not in _SECTIONS]
    return not last or (len(parts[-1]) == 1 and last[0] not in name.split())


def _words(part: str) -> list[str]:
    return fold(unquote(part).replace("_", " ")).split()
