"""A Bloom filter: what is certainly not in a set, in two bytes an entry.

B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors", CACM 13 (1970) 7.
"""

from __future__ import annotations

from collections.abc import Iterable

_BITS = 16
"""For each entry; with five places of them about one stranger in two thousand is let through."""
_PLACES = 5
_WORD = (1 << 64) - 1


class Bloom:
    """Entries are added and never removed. Not thread-safe where a lost `add` would matter."""

    def __init__(self, entries: int) -> None:
        """`entries`: how many are expected; more only make it less sharp."""
        self._mask = (1 << (max(entries, 64) * _BITS - 1).bit_length()) - 1
        self._bits = bytearray((self._mask + 1) // 8)

    def add(self, entry: str) -> None:
        value = hash(entry)
        step = (value * 0x9E3779B97F4A7C15 & _WORD) >> 7 | 1
        for _ in range(_PLACES):
            place = value & self._mask
            self._bits[place >> 3] |= 1 << (place & 7)
            value += step

    def has_any(self, entries: Iterable[str]) -> bool:
        """False: none of them was ever added."""
        bits, mask = self._bits, self._mask
        for entry in entries:
            value = hash(entry)
            step = (value * 0x9E3779B97F4A7C15 & _WORD) >> 7 | 1
            for _ in range(_PLACES):
                place = value & mask
                if not bits[place >> 3] >> (place & 7) & 1:
                    break
                value += step
            else:
                return True
        return False
