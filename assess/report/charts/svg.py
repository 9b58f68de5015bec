"""What the charts are drawn with. Lengths are units of the viewBox, `WIDTH` across."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from unicodedata import east_asian_width

from markupsafe import Markup

from assess.catalog.model import Option

WIDTH = 720
INK, SOFT, LINE, PAPER = "#1c2430", "#56606d", "#d5dbe2", "#ffffff"
CLOUD, ONPREM, WASH = "#1f5fa8", "#a84a08", "#fbeadd"
FONTS = (
    "'Hiragino Sans','Noto Sans CJK JP','Noto Sans JP','Yu Gothic',system-ui,"
    "'Segoe UI',Helvetica,Arial,sans-serif"
)


@dataclass(frozen=True)
class Caption:
    """`key` is unique in the page; title and description are read out instead of the picture."""

    key: str
    title: str
    description: str


def element(name: str, *inner: str | Markup, **attributes: object) -> Markup:
    """`<name …>inner</name>`, escaped; `stroke_width` stands for stroke-width."""
    said = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _plain(value))
        for key, value in attributes.items()
        if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), said, Markup("").join(inner))  # noqa: S704


def _plain(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def drawing(caption: Caption, height: float, parts: Iterable[Markup]) -> Markup:
    ids = f"{caption.key}-title {caption.key}-desc"
    hatch = element(
        "pattern",
        element("rect", width=7, height=7, fill=WASH),
        element("path", d="M-2,2L2,-2M0,7L7,0M5,9L9,5", stroke=ONPREM, stroke_width=2.2),
        id=f"{caption.key}-hatch",
        width=7,
        height=7,
        patternUnits="userSpaceOnUse",
    )
    return element(
        "svg",
        element("title", caption.title, id=f"{caption.key}-title"),
        element("desc", caption.description, id=f"{caption.key}-desc"),
        element("defs", hatch),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {_plain(float(height))}",
        role="img",
        aria_labelledby=ids,
        font_family=FONTS,
        font_size=13,
        fill=INK,
    )


def bar(caption: Caption, side: Option, x: float, y: float, width: float, height: float) -> Markup:
    """A bar of that side; never so short that it can't be seen."""
    fill, stroke = (CLOUD, CLOUD) if side == "cloud" else (f"url(#{caption.key}-hatch)", ONPREM)
    short = max(1.5, width)
    return element("rect", x=x, y=y, width=short, height=height, fill=fill, stroke=stroke)


def label(text: str, x: float, y: float, **attributes: object) -> Markup:
    return element("text", text, x=x, y=y, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: object) -> Markup:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **({"stroke": LINE} | attributes))


def entry(name: str, detail: str, y: float) -> list[Markup]:
    """The head of a row across the whole chart: a name and, as far as there is room, a detail."""
    name = cut(name, WIDTH * 0.5)
    detail = cut(detail, WIDTH - width(name) - 24, 12)
    spans = (
        element("tspan", name, font_weight=600),
        element("tspan", detail, dx=8, fill=SOFT, font_size=12),
    )
    return [line(0, y - 8, WIDTH, y - 8), element("text", *spans, x=0, y=y + 7)]


def width(text: str, size: float = 13) -> float:
    """An estimate on the safe side: wide characters take one em, others little more than half."""
    return size * sum(1.0 if east_asian_width(each) in "WFA" else 0.57 for each in text)


def cut(text: str, room: float, size: float = 13) -> str:
    """`text`, or as much of it as fits in `room`; the table has the whole."""
    if width(text, size) <= room:
        return text
    while text and width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def wrap(text: str, room: float, size: float = 13) -> list[str]:
    """Lines no wider than `room`: at spaces, or anywhere between wide characters."""
    lines = [""]
    for word in _words(text):
        if lines[-1] and width(lines[-1] + word.rstrip(), size) > room:
            lines.append("")
        lines[-1] += word
    return [each.strip() for each in lines]


def _words(text: str) -> list[str]:
    words = [""]
    for character in text:
        words[-1] += character
        if character == " " or (east_asian_width(character) in "WF" and character not in "（「"):
            words.append("")
    # No line begins with closing punctuation.
    joined: list[str] = []
    for word in words:
        if joined and word[:1] in tuple("、。）」ー"):
            joined[-1] += word
        elif word:
            joined.append(word)
    return joined


def scale(low: float, high: float, left: float, right: float) -> Callable[[float], float]:
    return lambda x: left + (x - low) / (high - low) * (right - left)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) from `low` to `high`."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough)
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def axis(
    at: Callable[[float], float],
    values: Iterable[float],
    show: Callable[[float], str],
    top: float,
    bottom: float,
) -> list[Markup]:
    """Hair lines at `values`, their numbers below."""
    parts: list[Markup] = []
    for value in values:
        x = at(value)
        parts.append(line(x, top, x, bottom))
        parts.append(
            label(show(value), x, bottom + 16, text_anchor="middle", fill=SOFT, font_size=12)
        )
    return parts
