"""Bar charts as SVG, small enough to be read as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

__all__ = ["Bars", "draw"]

WIDTH, LABELS, VALUES = 720, 210, 110
ROW, BAR, GAP = 22, 15, 34
OVER_LINE = "stroke='white' stroke-width='4' paint-order='stroke'"
OURS, THEIRS, LIMIT = "#2463b8", "#a9b4c2", "#c0392b"


@dataclass(frozen=True)
class Bars:
    """One group of bars.

    Attributes:
        heading: What they have in common.
        values: How long each is; text where there is no value, which says why.
        limit: Where a line marks what is possible at most.
    """

    heading: str
    values: Mapping[str, float | str]
    limit: float | None = None


def draw(title: str, unit: str, groups: list[Bars]) -> str:
    """A chart of groups of bars, one scale for all; the SDK's own bars stand out.

    Args:
        title: What is shown.
        unit: The unit of the values.
        groups: The bars.
    """
    numbers = [value for group in groups for value in group.values.values() if not isinstance(value, str)]
    scale = (WIDTH - LABELS - VALUES) / max([*numbers, *(group.limit or 0 for group in groups)], default=1)
    parts = [_text(0, 18, title, "font-weight='bold' font-size='15'"), _text(0, 37, unit, "fill='#555'")]
    y = 46
    for group in groups:
        parts.append(_text(0, y + 22, group.heading, "font-weight='bold'"))
        y += GAP
        if group.limit is not None:
            x, end = LABELS + group.limit * scale, y + ROW * len(group.values)
            parts.append(f"<path d='M{x:.1f} {y - 4}V{end}' stroke='{LIMIT}' stroke-dasharray='4 3'/>")
        for name, value in group.values.items():
            parts.append(_text(LABELS - 8, y + BAR - 3, name, "text-anchor='end'"))
            if isinstance(value, str):
                parts.append(_text(LABELS, y + BAR - 3, value, "fill='#555' font-style='italic'"))
            else:
                length = value * scale
                colour = OURS if name.startswith("SDK") else THEIRS
                parts.append(
                    f"<rect x='{LABELS}' y='{y}' width='{length:.1f}' height='{BAR}' fill='{colour}'/>"
                )
                parts.append(_text(LABELS + length + 6, y + BAR - 3, _shown(value), OVER_LINE))
            y += ROW
    height = y + 10
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='-10 -6 {WIDTH + 20} {height + 6}' "
        f"font-family='sans-serif' font-size='13' role='img' aria-label='{escape(title, quote=True)}'>\n"
        f"<rect x='-10' y='-6' width='{WIDTH + 20}' height='{height + 6}' fill='white'/>\n"
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _text(x: float, y: float, text: str, style: str = "") -> str:
    return f"<text x='{x:.1f}' y='{y}' {style}>{escape(text)}</text>"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
