"""The picture of `make growth`, as SVG: time an article and time of the start, by the entries of the ledger."""

import math
from collections.abc import Callable, Sequence
from typing import Any

WIDTH, HEIGHT, LEFT, TOP, SPAN, TALL = 860, 370, 70, 50, 300, 210
COLORS = ("#1f5fa8", "#b3541e", "#6b6b6b")


def picture(rows: Sequence[dict[str, Any]]) -> str:
    """Two diagrams side by side. The horizontal axes, and the vertical one of the start, are logarithmic."""
    sizes = [row["entries"] for row in rows]
    first = rows[0]["p50"]
    logarithm = [1000 * first * math.log(size) / math.log(sizes[0]) for size in sizes]
    articles = {
        "median": [1000 * row["p50"] for row in rows],
        "95th percentile": [1000 * row["p95"] for row in rows],
        "logarithm of the entries, from the first median": logarithm,
    }
    starts = {
        "without a snapshot": [row["without"] for row in rows],
        "with a snapshot, at worst": [row["worst"] for row in rows],
        "with a snapshot": [row["with"] for row in rows],
    }
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
            'font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            *diagram(LEFT, "The alert step, ms for an article on topic", sizes, articles, linear(articles)),
            *diagram(LEFT + SPAN + 130, "The start, in seconds", sizes, starts, logarithmic(starts)),
            "</svg>\n",
        ]
    )


#: Maps a value to 0 (bottom) to 1 (top), and the values that are written beside the axis.
Scale = tuple[Callable[[float], float], list[float]]


def linear(lines: dict[str, list[float]]) -> Scale:
    highest = max(max(values) for values in lines.values())
    step = 10 ** math.floor(math.log10(highest))
    step = next(s for s in (step / 5, step / 2, step, 2 * step) if highest / s <= 6)
    top = step * math.ceil(highest / step)
    return (lambda value: value / top), [step * n for n in range(round(top / step) + 1)]


def logarithmic(lines: dict[str, list[float]]) -> Scale:
    every = [value for values in lines.values() for value in values]
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))
    return (lambda value: (math.log10(value) - low) / (high - low)), [10.0**n for n in range(low, high + 1)]


def diagram(left: int, title: str, sizes: Sequence[int], lines: dict[str, list[float]], scale: Scale) -> list[str]:
    place, marks = scale
    low, high = math.log10(sizes[0]), math.log10(sizes[-1])

    def x(size: int) -> float:
        return left + SPAN * (math.log10(size) - low) / ((high - low) or 1)

    def y(value: float) -> float:
        return TOP + TALL * (1 - place(value))

    drawn = [f'<text x="{left}" y="{TOP - 25}" font-weight="bold">{title}</text>']
    for mark in marks:
        drawn.append(f'<path d="M{left} {y(mark):.1f}h{SPAN}" stroke="#dddddd"/>')
        drawn.append(f'<text x="{left - 8}" y="{y(mark) + 4:.1f}" text-anchor="end">{mark:g}</text>')
    for size in sizes:
        drawn.append(f'<text x="{x(size):.1f}" y="{TOP + TALL + 18}" text-anchor="middle">{size:,}</text>')
    drawn.append(f'<text x="{left + SPAN / 2}" y="{TOP + TALL + 36}" text-anchor="middle">entries of the ledger</text>')
    for number, ((name, values), color) in enumerate(zip(lines.items(), COLORS, strict=True)):
        places = [(f"{x(size):.1f}", f"{y(value):.1f}") for size, value in zip(sizes, values, strict=True)]
        points = " ".join(map(",".join, places))
        dashes = ' stroke-dasharray="5 4"' if name.startswith("logarithm") else ""
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"{dashes}/>')
        drawn += [f'<circle cx="{across}" cy="{up}" r="3" fill="{color}"/>' for across, up in places]
        drawn.append(
            f'<path d="M{left} {TOP + TALL + 58 + 17 * number}h20" stroke="{color}" stroke-width="2"{dashes}/>'
        )
        drawn.append(f'<text x="{left + 28}" y="{TOP + TALL + 62 + 17 * number}">{name}</text>')
    return drawn
