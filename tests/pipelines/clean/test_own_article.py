"""What a page says about its own article: JSON-LD, other articles on the page, live blogs, titles, tables."""

import json

import pytest

from pipelines.clean.article import clean_page

URL = "https://www.frontera.example/aduana/puente-viejo"
OTHER = "https://www.frontera.example/clima/lluvias"
TEXT = ("La aduana informó el lunes que el puente viejo cerrará dos noches por las obras del tercer carril.",
        "El director, Tomás Arrieta, pidió a los transportistas usar el puente nuevo hasta el miércoles.")  # fmt: skip
OWN = {"@type": "NewsArticle", "headline": "Cierran el puente viejo dos noches", "author": {"name": "Eva Luna"},
       "datePublished": "2026-03-02T10:00:00-06:00"}  # fmt: skip
RAIN = {"@type": "NewsArticle", "headline": "Llueve en la sierra", "author": {"name": "Leo Paz"}, "url": OTHER,
        "datePublished": "2026-01-05T08:00:00Z",
        "articleBody": "Llovió tres días seguidos en la sierra alta. " * 30}  # fmt: skip
PERSON = {"@type": "Person", "@id": "#p", "name": "Eva Luna"}


def page(*scripts: str, kind: str = "application/ld+json", head: str = "", body: str = "", h1: str = "") -> bytes:
    marked = "".join(f'<script type="{kind}">{script}</script>' for script in scripts)
    inner = body or "".join(f"<p>{line}</p>" for line in TEXT)
    heading = h1 or OWN["headline"]
    return (f'<html lang="es"><head><title>{heading}</title>{head}{marked}</head>'
            f"<body><article><h1>{heading}</h1>{inner}</article></body></html>").encode()  # fmt: skip


def ld(**more: object) -> str:
    return json.dumps({**OWN, **more})


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (ld(), "application/ld+json"),
        (ld(), "Application/LD+JSON; charset=UTF-8"),
        (f"<!--\n{ld()}\n-->", "application/ld+json"),
        (f"//<![CDATA[\n{ld()}\n//]]>", "application/ld+json"),
        (f"/*<![CDATA[*/{ld()}/*]]>*/", "application/ld+json"),
        (f"{ld()};", "application/ld+json"),
        (ld()[:-1] + ", }", "application/ld+json"),
        ("/* made by a plugin */" + ld(url="https://www.frontera.example/aduana/puente-viejo/"), "application/ld+json"),
        (json.dumps([{"@graph": [{"@type": "WebPage", "mainEntity": OWN}]}]), "application/ld+json"),
        (json.dumps({"@type": "WebPage", "mainEntityOfPage": OWN}), "application/ld+json"),
        (json.dumps({"@type": "WebPage", "subjectOf": OWN}), "application/ld+json"),
        (json.dumps(PERSON) + "\n" + ld(), "application/ld+json"),
        (ld().replace('"', "&quot;"), "application/ld+json"),
        (ld(**{"@type": ["https://schema.org/NewsArticle"]}), "application/ld+json"),
        (json.dumps({"@graph": [{**OWN, "author": [{"@id": "#p"}]}, PERSON]}), "application/ld+json"),
        (json.dumps([{**OWN, "author": {"@id": "#p"}}, PERSON]), "application/ld+json"),
        (ld(author={"@type": "Person", "givenName": "Eva", "familyName": "Luna"}), "application/ld+json"),
        (ld(author=[{"name": "https://www.frontera.example/autor/eva"}, {"name": ["Eva Luna"]}]), "application/ld+json"),
        (ld().replace("Cierran", "\\'Cierran\\'"), "application/ld+json"),
        ("<!-- by a plugin -->\n" + ld() + "\n<!-- / -->", "application/ld+json"),
    ],
)  # fmt: skip
def test_json_ld_is_read_as_it_is_found(script, kind):
    article = clean_page(page(script, kind=kind), URL)
    assert article.authors == ("Eva Luna",)
    assert article.published and article.published.isoformat() == "2026-03-02T16:00:00+00:00"


@pytest.mark.parametrize(
    "scripts",
    [
        (ld(url=URL), json.dumps(RAIN)),
        (json.dumps(RAIN), ld(url=URL)),
        (json.dumps([RAIN, {**OWN, "mainEntityOfPage": {"@id": f"{URL}/"}}]),),
        (json.dumps(RAIN), ld(url=f"{URL}?utm_source=x")),
        (json.dumps({**RAIN, "url": None}), ld()),
        (json.dumps({"@graph": [RAIN, {**OWN, "@id": f"{URL}#article"}]}),),
    ],
)
def test_another_articles_json_ld_does_not_speak_for_the_page(scripts):
    article = clean_page(page(*scripts), URL)
    assert (article.authors, article.text) == (("Eva Luna",), "\n\n".join(TEXT))
    assert article.published and article.published.date().isoformat() == "2026-03-02"


def test_a_page_whose_only_json_ld_is_anothers_says_nothing_by_it():
    article = clean_page(page(json.dumps(RAIN)), URL)
    assert article.authors == () and article.published is None and "Llovió" not in article.text


def test_a_headline_for_search_engines_is_no_other_article():
    article = clean_page(page(ld(headline="Aduana cierra puente: fechas y horarios")), URL)
    assert article.authors == ("Eva Luna",)


def test_all_updates_of_a_live_blog_are_its_text_each_once():
    said = [f"El vocero número {n} habló del puente viejo ante la prensa." for n in range(3)]
    bodies = [*(f"<p>{one}</p>" for one in said), TEXT[1]]
    updates = [{"@type": "BlogPosting", "headline": "Al momento", "articleBody": body} for body in bodies]
    script = ld(**{"@type": "LiveBlogPosting", "liveBlogUpdate": updates})
    paragraphs = clean_page(page(script), URL).text.split("\n\n")
    assert paragraphs == [*TEXT, *said]


def test_updates_of_a_live_blog_that_stand_elsewhere_or_have_only_a_description():
    said = "El vocero habló del puente viejo ante la prensa."
    updates = [{"@id": "#u"}, {"@type": "BlogPosting", "headline": "Al momento", "description": TEXT[1] + " Es todo."}]
    blog = {**OWN, "@type": "LiveBlogPosting", "liveBlogUpdate": updates}
    script = json.dumps({"@graph": [blog, {"@type": "BlogPosting", "@id": "#u", "articleBody": said}]})
    assert clean_page(page(script), URL).text.split("\n\n") == [*TEXT, said, TEXT[1] + " Es todo."]


@pytest.mark.parametrize(
    ("written", "site", "title"),
    [
        ("Rifles came from Texas - ATF", "Border Gazette", "Rifles came from Texas - ATF"),
        ("Talks stall – again", "Border Gazette", "Talks stall – again"),
        ("Acuerdo México - EE. UU.", "Border Gazette", "Acuerdo México - EE. UU."),
        ("Talks stall over the bridge - Border Gazette", "Border Gazette", "Talks stall over the bridge"),
        ("Border Gazette | Talks stall over the bridge", "Border Gazette", "Talks stall over the bridge"),
        ("Talks stall over the bridge | Nacional | Border Gazette", "Border Gazette", "Talks stall over the bridge"),
        ("Talks stall over the bridge - Frontera", "", "Talks stall over the bridge"),
        ("Talks stall over the bridge - Border Patrol", "", "Talks stall over the bridge - Border Patrol"),
    ],
)
def test_a_sites_name_is_cut_and_a_headlines_own_last_words_are_not(written, site, title):
    named = f'<meta property="og:site_name" content="{site}">' if site else ""
    head = f'{named}<meta property="og:title" content="{written}">'
    data = page(head=head).replace(b"<h1>", b"<h2>").replace(b"</h1>", b"</h2>")
    assert clean_page(data, URL).title == title


def test_a_sites_name_is_no_headline():
    name = "El Mirador de Juárez"
    head = f'<meta property="og:site_name" content="{name}"><title>Cierran el puente - {name}</title>'
    data = page(head=head, h1="El Mirador de Juárez").replace("<title>El Mirador de Juárez</title>".encode(), b"")
    assert clean_page(data, URL).title == "Cierran el puente"


@pytest.mark.parametrize(
    "parted", ["<p>{}</p>", "{}<br><br>", "{}<br>&nbsp;<br>", "<div>{}</div>", "<font>{}</font><br>"]
)
def test_tables_used_for_layout_keep_paragraphs(parted):
    inner = "".join(parted.format(line) for line in TEXT)
    body = f'<table width="100%"><tr><td><table><tr><td>{inner}</td></tr></table></td><td width="10"></td></tr></table>'
    assert clean_page(page(body=body), URL).text.split("\n\n") == list(TEXT)
    alone = f'<form><table><tr><td width="100">Menú</td><td><span>{inner}</span></td></tr></table></form>'
    assert clean_page(page(body=alone), URL).text.split("\n\n") == list(TEXT)


def test_a_table_with_a_paragraph_in_each_row_is_layout():
    body = "".join(f"<tr><td>{line}</td></tr>" for line in TEXT)
    assert clean_page(page(body=f"<table>{body}</table>"), URL).text.split("\n\n") == list(TEXT)


@pytest.mark.parametrize("line", ['<span class="byline">Por Eva Luna</span>', "<time>2 de marzo de 2026</time>"])
def test_a_brief_keeps_its_paragraphs_apart_from_what_stands_over_them(line):
    inner = line + "".join(f"<p>{text}</p>" for text in TEXT)
    assert clean_page(page(body=inner), URL).text.split("\n\n") == list(TEXT)
