"""The picture of `make bench`, as SVG: where an article's processor time goes, and how long its alert takes."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

WIDTH, LEFT, SPAN, BAR, GAP = 860, 230, 560, 22, 12
COLORS = ("#1f5fa8", "#5b8fc9", "#a9c6e5", "#2f7d4f", "#b3541e", "#e0a458", "#6b6b6b")

Parts = dict[str, float]
"""Amounts by name, in the order in which they are drawn."""


def picture(processor: dict[str, Parts], seconds: dict[str, Parts]) -> str:
    """`processor`: by row, the milliseconds an article of each part. `seconds`: by row, the percentiles of latency."""
    drawn, y = bars(40, "Processor time an article, ms", processor, stacked=True)
    more, y = bars(y + 40, "From seen to alerted, s", seconds, stacked=False)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" font-family="sans-serif" font-size="12">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{y}" fill="white"/>', *drawn, *more, "</svg>\n"])


def bars(y: int, title: str, rows: dict[str, Parts], *, stacked: bool) -> tuple[list[str], int]:
    """The elements of one diagram from `y` on, and where it ends. `stacked`: the parts of a row follow each other; else
    each begins at 0, the later ones behind."""
    longest = max(sum(parts.values()) if stacked else max(parts.values()) for parts in rows.values())
    names = list(dict.fromkeys(name for parts in rows.values() for name in parts))
    drawn = [text(LEFT, y - 14, title, "font-weight='bold'")]
    for row, parts in rows.items():
        drawn.append(text(LEFT - 10, y + 16, row, "text-anchor='end'"))
        drawn += segments(y, parts, names, SPAN / longest, stacked)
        y += BAR + GAP
    for number, name in enumerate(names):
        x, line = LEFT + 190 * (number % 3), y + 8 + 18 * (number // 3)
        drawn.append(f'<rect x="{x}" y="{line}" width="11" height="11" fill="{COLORS[number]}"/>')
        drawn.append(text(x + 16, line + 10, name))
    return drawn, y + 18 * ((len(names) + 2) // 3) + 14


def segments(y: int, parts: Parts, names: Sequence[str], scale: float, stacked: bool) -> list[str]:
    drawn, x = [], 0.0
    # Percentiles rise: the longest is drawn first, so that the shorter ones are before it.
    for name, amount in parts.items() if stacked else reversed(parts.items()):
        place, width = LEFT + x, max(amount * scale, 0.5)
        drawn.append(
            f'<rect x="{place:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{COLORS[names.index(name)]}">'
            f"<title>{escape(name)}: {amount:.2f}</title></rect>"
        )
        x += width if stacked else 0.0
    end = sum(parts.values()) if stacked else max(parts.values())
    drawn.append(text(round(LEFT + end * scale + 6), y + 16, f"{end:.1f}" if stacked else f"{end:.2f}"))
    return drawn


def text(x: int, y: int, words: str, more: str = "") -> str:
    return f'<text x="{x}" y="{y}" {more}>{escape(words)}</text>'
