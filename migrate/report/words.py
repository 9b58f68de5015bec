"""Numbers, sizes, times and foreign text as a person reads them."""

from __future__ import annotations

from datetime import UTC, datetime

from migrate.figures import number, size
from migrate.report.document import Document
from migrate.shown import visible
from migrate.texts import Texts

__all__ = [
    "duration",
    "equation",
    "explain",
    "iso",
    "moment",
    "named",
    "number",
    "share",
    "size",
    "visible",
]


def share(part: int, whole: int) -> str:
    """Percent with one decimal; what is neither nothing nor everything never reads as 0 or 100."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "< 0.1 %"
    return "> 99.9 %" if 99.9 < percent < 100 else f"{percent:.1f} %"


def duration(seconds: int, texts: Texts) -> str:
    """The two largest units that matter."""
    if seconds < 60:
        return texts("report.unit.seconds", n=seconds)
    minutes = -(-seconds // 60)
    if minutes < 60:
        return texts("report.unit.minutes", n=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return texts("report.unit.hours", h=hours, m=minutes)
    return texts("report.unit.days", d=number(hours // 24), h=hours % 24)


def iso(at: float) -> str:
    """Seconds since 1970 as ISO 8601, UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def moment(iso: str, texts: Texts) -> str:
    """An ISO 8601 time as a person writes it, in UTC; anything else as it is."""
    try:
        at = datetime.fromisoformat(iso)
    except ValueError:
        return visible(iso)
    at = at.astimezone(UTC) if at.tzinfo else at
    if texts.lang == "ja":
        return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}（UTC）"
    return f"{at:%Y-%m-%d %H:%M} UTC"


def named(name: str, document: Document) -> str:
    """The class `name` as texts know it: what is pending in a plan is `planned`."""
    return "planned" if name == "pending" and document.command == "plan" else name


def equation(document: Document, texts: Texts) -> str:
    """The closed accounting in one line; classes without messages are left out."""
    parts = [
        texts(
            "report.accounting.part",
            n=number(count),
            name=texts(f"report.class.{named(name, document)}"),
        )
        for name, count in document.totals.classes()
        if count
    ]
    joined = (" ＋ " if texts.lang == "ja" else " + ").join(parts)
    return texts(
        "report.accounting.equation",
        source=number(document.totals.source),
        parts=joined or texts("report.unit.messages", n=0),
    )


def explain(area: str, code: str, texts: Texts) -> str:
    """What `code` means, in words of `area`; the code itself when there are none."""
    key = f"{area}.{code}"
    return texts(key) if key in texts else visible(code)
