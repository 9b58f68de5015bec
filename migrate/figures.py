"""Numbers as people write them, alike in both languages."""

from __future__ import annotations


def number(value: int) -> str:
    return f"{value:,}"


def size(octets: int) -> str:
    """Decimal units: 1 kB = 1,000 bytes."""
    value = float(octets)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"
