"""A page as a newspaper serves one, for the tests of cleaning."""

URL = "https://www.frontera.example/2026/03/02/harbour-plan"

PARAGRAPHS = [
    "The harbour council voted on Monday to rebuild the old pier, eleven years after a storm tore half of it away.",
    "“We have waited long enough,” council leader Rosa Ibarra told reporters after the vote, which passed 7 to 2.",
    "Work is expected to begin in June and to cost the city about 4 million dollars, according to a draft budget.",
    "Fishermen who use the pier said they feared that their berths would be let to yachts once the work is done.",
]
BODY = "".join(f"<p>{p}</p>" for p in PARAGRAPHS)


def page(body: str = BODY, head: str = "", title: str = "Council votes to rebuild old pier") -> bytes:
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} | Frontera Daily</title>
    <meta property="og:site_name" content="Frontera Daily">{head}</head><body>
    <nav><a href="/">Home</a><a href="/n">News</a></nav><div class="share-bar">Share this story</div>
    <article><h1>{title}</h1>{body}</article>
    <aside class="related"><h3>Related stories</h3><a href="/x">Dog wins prize at county fair</a></aside>
    <footer>© 2026 Frontera Daily. All rights reserved.</footer></body></html>""".encode()
