"""What `verify` holds in memory at a time is bounded by count and by bytes."""

from __future__ import annotations

import pytest

from migrate.verify import _Copy, _pieces

MIB = 1024 * 1024


def copy(size: int) -> _Copy:
    return _Copy(
        1, "INBOX", 1, size, None, "imported", "", None, None, None, frozenset(), False, None
    )


@pytest.mark.parametrize(
    ("sizes", "pieces"),
    [
        ([], []),
        ([1] * 120, [50, 50, 20]),
        ([150 * MIB] * 3, [1, 1, 1]),
        ([8 * MIB, 8 * MIB, 1, 1], [2, 2]),
        ([1, 150 * MIB, 1], [1, 1, 1]),
    ],
)
def test_pieces(sizes: list[int], pieces: list[int]) -> None:
    assert [len(piece) for piece in _pieces(map(copy, sizes))] == pieces
