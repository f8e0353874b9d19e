"""A line chart as SVG, both axes logarithmic: the one kind that the report needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 340, 70, 110, 50, 50
COLOURS = ("#555555", "#0b6e4f", "#c05621", "#2b6cb0")

_HEAD = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" role="img">'
    '<rect width="100%" height="100%" fill="white"/>'
)

Points = Sequence[tuple[float, float]]


def chart(title: str, x: str, y: str, lines: Mapping[str, Points]) -> str:
    """Lines by name, each of points with positive coordinates."""
    every = [point for points in lines.values() for point in points]
    across = _Axis(LEFT, WIDTH - RIGHT, [a for a, _ in every])
    up = _Axis(HEIGHT - BOTTOM, TOP, [b for _, b in every])
    named = [_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x, "middle"), _text(LEFT, TOP - 6, y, "start")]
    drawn = [
        _line(name, [(across.place(a), up.place(b)) for a, b in points], colour)
        for colour, (name, points) in zip(COLOURS, lines.items(), strict=False)
    ]
    title_line = f'<text x="{LEFT}" y="20" font-size="15">{escape(title)}</text>'
    return "\n".join([_HEAD, title_line, *_grid(across, up), *named, *drawn, "</svg>", ""])


def _grid(across: _Axis, up: _Axis) -> Iterator[str]:
    for value, at in across.ticks:
        yield f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#dddddd"/>'
        yield _text(at, HEIGHT - BOTTOM + 18, _label(value), "middle")
    for value, at in up.ticks:
        yield f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>'
        yield _text(LEFT - 8, at + 4, _label(value), "end")


def _line(name: str, places: Points, colour: str) -> str:
    corners = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
    dots = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in places)
    x, y = places[-1]
    return f'<polyline points="{corners}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}' + _text(
        x + 8, y + 4, name, "start", colour
    )


class _Axis:
    """From values to places, over whole powers of ten; `ticks` are those powers with their places."""

    def __init__(self, start: float, end: float, values: Sequence[float]) -> None:
        self.first, last = floor(log10(min(values))), ceil(log10(max(values)))
        self.start, self.step = start, (end - start) / max(last - self.first, 1)
        powers = [10.0**power for power in range(self.first, max(last, self.first + 1) + 1)]
        self.ticks = [(value, self.place(value)) for value in powers]

    def place(self, value: float) -> float:
        return self.start + (log10(value) - self.first) * self.step


def _text(x: float, y: float, words: str, anchor: str, colour: str = "#333333") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'


def _label(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
