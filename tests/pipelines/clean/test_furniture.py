"""Walls, listings and boilerplate are removed; articles that resemble them are kept."""

import pytest

from pipelines.clean import furniture
from pipelines.clean.article import clean_page
from pipelines.errors import NoArticle
from tests.support.pages import BODY, PARAGRAPHS, URL, page


@pytest.mark.parametrize(
    ("title", "body", "reason"),
    [
        (
            "Before you continue",
            "<p>We value your privacy. We and our 812 partners store and/or access information on a "
            "device. Accept all cookies or manage your preferences to go on.</p>",
            "consent wall",
        ),
        (
            "Antes de continuar",
            "<p>Valoramos su privacidad. Usamos cookies y tecnologías parecidas; puede aceptar todas "
            "o configurar las cookies cuando quiera.</p>",
            "consent wall",
        ),
        (
            "Tu privacidad nos importa",
            "<p>Con tu acuerdo, nosotros y nuestros 312 socios usamos cookies o tecnologías "
            "similares para almacenar, acceder y procesar datos personales como tu visita a este sitio. Puedes retirar tu "
            "consentimiento u oponerte al tratamiento de tus datos basado en un interés legítimo en cualquier momento, desde "
            "nuestra política de privacidad en este sitio web.</p><p>Hacemos el siguiente tratamiento de tus datos: anuncios "
            "y contenido personalizados, medición de anuncios, identificadores únicos, desarrollo de productos.</p>",
            "consent wall",
        ),
        (
            "Frontera",
            "<p>"
            + "Some of the many purposes are listed below, so that readers can choose among them. " * 12
            + "You may consent to the use of cookies by our partners, personalised ads and content, precise geolocation and "
            "device scanning, or change your preferences at any time; see our privacy policy.</p>",
            "consent wall",
        ),
        (
            "Just a moment...",
            "<p>Checking your browser before accessing this site. Please verify you are human. This "
            "process is automatic.</p>",
            "captcha",
        ),
        (
            "Council votes",
            f"<p>{PARAGRAPHS[0]}</p><p>Subscribe to continue reading. Already a subscriber? Log in.</p>",
            "paywall stub",
        ),
        (
            "Votan el muelle",
            "<p>El consejo aprobó el lunes la obra del muelle viejo.</p><p>Suscríbete para seguir leyendo "
            "este contenido exclusivo para suscriptores.</p>",
            "paywall stub",
        ),
        (
            "404 - Page not found",
            "<p>Sorry, the page you requested could not be found. Try our search or go to the front "
            "page of the site.</p>",
            "error page",
        ),
        ("Frontera Daily", '<div id="root"></div>', "no text"),
    ],
)
def test_pages_without_an_article_say_why(title: str, body: str, reason: str) -> None:
    with pytest.raises(NoArticle) as caught:
        clean_page(page(body, title=title), URL)
    assert caught.value.reason == reason


def test_a_list_of_headlines_is_no_article() -> None:
    cards = "".join(
        f'<div class="card"><h2><a href="/{i}">Mayor opens bridge number {i} at last</a></h2>'
        f"<p>Read about day {i} of it</p></div>"
        for i in range(12)
    )
    with pytest.raises(NoArticle, match="listing|no text"):
        clean_page(page(cards, title="News"), "https://frontera.example/news")


def test_an_article_about_privacy_or_paywalls_is_an_article() -> None:
    body = f"{BODY}<p>Asked to accept cookies on the ticket site, many gave up, the council's lawyer said.</p>{BODY}"
    assert "cookies" in clean_page(page(body), URL).text


@pytest.mark.parametrize(
    "brief",
    [
        "Soldiers found 500 rifles and 410 grenades in a house by the river on Monday, the army said in a short note.",
        "The judge did not consent to the transfer of Ruiz, already a member of the band when he was taken, she said.",
        "Agents noticed unusual activity at the dock and asked for access; a reward is for members of the public who call.",
        "El puente sigue en mantenimiento y el alcalde pidió calma antes de continuar la obra, que cuesta 503 mil pesos.",
        "La policía pidió a los proveedores los datos de geolocalización del teléfono robado el martes en el mercado.",
    ],
)
def test_a_brief_with_a_word_of_a_wall_is_an_article(brief: str) -> None:
    assert clean_page(page(f"<p>{brief}</p>", title="Briefly told"), URL).text == brief


def test_plain_text_with_furniture() -> None:
    text = "\n\n".join(
        [
            "spot_img",
            "19.4 C",
            "Tuesday, June 2, 2026",
            "Old pier to be rebuilt by winter",
            "- Advertisement -",
            PARAGRAPHS[0],
            "PUBLICIDAD",
            PARAGRAPHS[1],
            "Also read: Dog wins prize",
            PARAGRAPHS[2],
            "LATEST NEWS",
            "Popular Articles",
            "Dog wins prize at county fair",
        ]
    )
    article = clean_page(text.encode(), "https://example.org/p", "text/plain")
    assert article.title == "Old pier to be rebuilt by winter"
    assert article.text.split("\n\n") == PARAGRAPHS[:3]
    assert article.published is None


def test_hard_wrapped_plain_text_keeps_its_paragraphs() -> None:
    wrapped = (
        "It was the first time in a decade that the council had agreed\non anything at all, said the clerk who "
        "counted the votes on\nthe night."
    )
    _, lines = furniture.plain(f"{PARAGRAPHS[0]}\n\n{wrapped}")
    assert lines == [PARAGRAPHS[0], wrapped.replace("\n", " ")]


@pytest.mark.parametrize(
    "line",
    [
        "À lire aussi » Le pont ferme deux nuits",
        "We may earn a commission if you buy something through the links on this page.",
        "This guide names products of our partners, and we might receive compensation when you click. Terms apply.",
        "Podemos recibir una comisión por las compras que hagas desde los enlaces de esta nota.",
        "Send us your letters to the editor through this form. Read other letters.",
        "Envía tus comentarios a la redacción con nombre y ciudad.",
        "The old bridge at night, seen from the customs house | © Rosa Gil",
        "El puente viejo visto desde la aduana | Foto: Rosa Gil",
    ],
)
def test_what_pays_for_a_page_asks_its_readers_or_names_a_pictures_owner_is_furniture(line: str) -> None:
    assert furniture.is_furniture(line)
    assert furniture.strip([*PARAGRAPHS, line]) == PARAGRAPHS


def test_sentences_that_begin_like_furniture_stay() -> None:
    for line in (
        "Published in 2016, the report said that guns had crossed at 12 places along the river.",
        "Share prices of gun makers fell by four percent on Monday after the ruling.",
        "More than 200 stories were told to the commission by families of the missing.",
        "We may receive compensation for the closed bridge, the mayor told the traders of the old market on Monday.",
        "“We may earn a commission on links”, the seller of rifle parts said of his page, which the agents closed.",
        "“Send your letters to the governor”, the families were told at the gate of the palace on Monday morning.",
        "Send your sons home, the general told the towns by the river, where nine had been taken since spring.",
        "“Lea también lo que no dice el informe”, pidió el senador a sus colegas en la tribuna del pleno.",
    ):
        assert furniture.strip([PARAGRAPHS[0], line]) == [PARAGRAPHS[0], line]


ROWS = "<tr><td>Frontera Daily</td><td>Clima: 14 °C</td><td>Dólar: 18.92</td></tr>"


@pytest.mark.parametrize(
    "head",
    [
        f"<table>{ROWS}</table>",
        "<p>Port Office of Public Affairs | <time>March 2, 2026</time> | Pier to be rebuilt.</p>",
        "<p>Secretaría de Puertos | 2 de marzo de 2026 | Comunicado No. 17</p>",
        "<p>Comunicado conjunto No. 17/2026</p>",
        "<p>FOR IMMEDIATE RELEASE</p><p>Monday, March 2, 2026</p>",
        "<p>Weather: 61 °F</p><p>Euro hoy: $21.40</p>",
    ],
)
def test_mastheads_and_labels_over_the_first_paragraph_go(head: str) -> None:
    assert clean_page(page(head + BODY), URL).text.split("\n\n") == PARAGRAPHS


@pytest.mark.parametrize("end", ["###", "# # #", "-30-", "-o0o-", "—oOo—", "*** END ***"])
def test_end_marks_go_with_what_little_stands_after_them(end: str) -> None:
    whole = [*PARAGRAPHS, end, "Contact the press office by telephone."]
    assert furniture.strip(whole) == PARAGRAPHS
    assert furniture.strip([*PARAGRAPHS, end]) == PARAGRAPHS
    assert furniture.strip([PARAGRAPHS[0], end, *PARAGRAPHS[1:]]) == PARAGRAPHS
    assert furniture.strip([*PARAGRAPHS[:-1], f"{PARAGRAPHS[-1]} {end}"]) == PARAGRAPHS or "END" in end


def test_paragraphs_in_the_cells_of_a_layout_table_are_lines() -> None:
    wide = " ".join(PARAGRAPHS[:2])
    assert furniture.strip([f"| Menu | {wide} |", f"| | {PARAGRAPHS[2]} |"]) == [wide, PARAGRAPHS[2]]
    assert furniture.strip([f"2 de marzo de 2026 | {wide}"]) == [wide]


def test_tables_of_data_and_bars_in_prose_stay() -> None:
    table = ["| Year | Rifles |", "| 2024 | 1,204 |"]
    assert furniture.strip([*PARAGRAPHS, *table]) == [*PARAGRAPHS, "Year | Rifles", "2024 | 1,204"]
    quoted = f"{PARAGRAPHS[0]} The show “Harbour | Night” ran that week. {PARAGRAPHS[1]}"
    assert furniture.strip([quoted]) == [quoted]
    for line in ("Fiscalía asegura rifles en el puerto", "Peso cae 3 por ciento frente al dólar", "Tiempo de hablar"):
        assert furniture.strip([line, *PARAGRAPHS]) == [line, *PARAGRAPHS]


@pytest.mark.parametrize(
    ("line", "furniture_"),
    [
        ("El director de aduanas en el puente viejo (Foto: Ana Ruiz/Agencia).", True),
        ("Temas relacionados", True),
        ("El director mostró la foto: “No fui yo”, dijo ante los periodistas.", False),
    ],
)
def test_captions_with_their_source_and_headings_of_tags_go(line, furniture_):
    assert furniture.is_furniture(line) == furniture_
