"""Cleaning measured in one process, beside plain trafilatura.

Bodies F1, snippets found and kept out, milliseconds of processor time a page.

    python tests/bench/bench_clean.py [FOLDER]      FOLDER holds clean/ and stream/ (default: $BORDERWIRE_SHARED/eval)
"""

import gzip
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import trafilatura

from pipelines.clean.article import clean_page
from pipelines.errors import NoArticle
from tests.support.paths import SHARED

Cleaner = Callable[[bytes, str], str]


def ours(data: bytes, url: str) -> str:
    try:
        return clean_page(data, url).text
    except NoArticle:
        return ""


def plain(data: bytes, url: str) -> str:
    return trafilatura.extract(data, url=url) or ""


def fast(data: bytes, url: str) -> str:
    return trafilatura.extract(data, url=url, fast=True, include_comments=False) or ""


def shingles(text: str, n: int = 4) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return Counter(tuple(words[i : i + n]) for i in range(max(1, len(words) - n + 1))) if words else Counter()


def bodies(folder: Path, clean: Cleaner) -> str:
    """Precision, recall and F1 over 4-word shingles, each page counting alike, as the benchmark does."""
    gold = json.loads((folder / "article-bodies.json").read_text(encoding="utf-8"))
    pages = {key: gzip.decompress((folder / "html" / f"{key}.html.gz").read_bytes()) for key in gold}
    start = time.process_time()
    texts = {key: clean(data, gold[key]["url"]) for key, data in pages.items()}
    spent = time.process_time() - start
    tp = fp = fn = 0.0
    for key, text in texts.items():
        g, p = shingles(gold[key]["articleBody"]), shingles(text)
        both, total = sum((g & p).values()), sum((g | p).values())
        if total:
            tp, fp, fn = (
                tp + both / total,
                fp + (sum(p.values()) - both) / total,
                fn + (sum(g.values()) - both) / total,
            )
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    f1 = 2 * precision * recall / (precision + recall)
    return f"bodies P {precision:.3f} R {recall:.3f} F1 {f1:.3f}, {spent / len(gold) * 1000:.1f} ms a page"


def snippets(folder: Path, clean: Cleaner) -> Iterator[str]:
    gold = json.loads((folder / "snippets.json").read_text(encoding="utf-8"))
    n: Counter[tuple[str, str]] = Counter()
    for url, page in gold.items():
        text = clean(gzip.decompress((folder / "html" / f"{page['file']}.gz").read_bytes()), url)
        lang = "es" if page.get("lang") == "es" else "other"
        n.update(
            {
                (lang, "with"): len(page["with"]),
                (lang, "found"): sum(s in text for s in page["with"]),
                (lang, "without"): len(page["without"]),
                (lang, "kept out"): sum(s not in text for s in page["without"]),
            }
        )
    for lang in ("es", "other"):
        yield (
            f"snippets {lang} found {n[lang, 'found'] / n[lang, 'with']:.3f} "
            f"kept out {n[lang, 'kept out'] / n[lang, 'without']:.3f}"
        )


def stream(path: Path, clean: Cleaner) -> str:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        pages = [json.loads(line)["html"].encode() for line in lines]
    start = time.process_time()
    empty = sum(not clean(page, "https://example.org/a") for page in pages)
    spent = (time.process_time() - start) / len(pages) * 1000
    return f"stream {len(pages)} pages, {empty} without an article, {spent:.2f} ms a page"


def main() -> None:
    shared = SHARED / "eval"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else shared
    for name, clean in (("borderwire", ours), ("trafilatura.extract", plain), ("trafilatura.extract, fast", fast)):
        print(
            name,
            bodies(folder / "clean", clean),
            *snippets(folder / "clean" / "snippets", clean),
            stream(folder / "stream" / "en-pages.jsonl.gz", clean),
            sep="\n  ",
        )


if __name__ == "__main__":
    main()
