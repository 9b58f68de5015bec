"""Numbers, money, dates and foreign text, as a reader of either language expects them."""

from __future__ import annotations

import math
from datetime import date

from assess.catalog.model import Lang, Question, Value

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
MINUS = "\N{MINUS SIGN}"


def number(x: float, digits: int = 0) -> str:
    """`12,500`; never minus zero."""
    return f"{round(x, digits) + 0.0:,.{digits}f}".replace("-", MINUS)


def amount(x: float) -> str:
    """A price or quantity of any size, to about three digits: `2,700`, `1.6`, `0.04`."""
    digits = 0 if abs(x) >= 100 else 1 if abs(x) >= 10 else 2
    text = number(x, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def points(x: float, digits: int = 1) -> str:
    """Points of the margin always have their sign: `+4.2`, `−0.3`, `±0.0`."""
    value = round(x, digits)
    return ("+" if value > 0 else "" if value < 0 else "±") + number(value, digits)


def percent(share: float, lang: Lang) -> str:
    """`38 %` or `38％`; what isn't all or nothing never looks as if it were."""
    whole = share * 100
    digits = 1 if 0 < whole < 1 or 99 < whole < 100 else 0
    step = 10**digits
    value = math.floor(whole * step) / step if whole > 99 else round(whole, digits)
    if whole > 0 and value == 0:
        return "< 0.1 %" if lang == "en" else "0.1％未満"
    return f"{value:.{digits}f}" + (" %" if lang == "en" else "％")


def yen(x: float, lang: Lang) -> str:
    """`¥1,600` or `1,600円`."""
    sign = MINUS if round(x) < 0 else ""
    return f"{sign}¥{number(abs(x))}" if lang == "en" else f"{sign}{number(abs(x))}円"


def dollars(x: float) -> str:
    """`$10.70`, `$1,250`."""
    digits = 0 if abs(x) >= 1000 else 2
    return (MINUS if round(x, digits) < 0 else "") + f"${number(abs(x), digits)}"


def large_yen(x: float, lang: Lang) -> str:
    """Sums of a whole organisation: `¥12.3 M`, `1,230万円`, `1.23億円`."""
    size, sign = abs(x), MINUS if x < 0 else ""
    if size < 10_000:
        return yen(x, lang)
    if lang == "en":
        return f"{sign}¥{amount(size / 1e6)} M"
    if size < 1e8:
        return f"{sign}{number(size / 1e4)}万円"
    return f"{sign}{amount(size / 1e8)}億円"


def day(when: date, lang: Lang) -> str:
    """`24 November 2026` or `2026年11月24日`."""
    if lang == "ja":
        return f"{when.year}年{when.month}月{when.day}日"
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def answer(question: Question, value: Value, lang: Lang) -> str:
    """The text of an option (its id, if there is none any more), `1,200`, `35 %`, `¥1,600`."""
    if isinstance(value, str):
        return next((each.text(lang) for each in question.options if each.id == value), value)
    if question.kind == "share":
        return percent(value, lang)
    return yen(value, lang) if question.kind == "money" else number(value)
