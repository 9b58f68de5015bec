"""Long things in pieces, and short ones in few lengths."""

from __future__ import annotations

from migrate.pieces import padded, pieces


def test_pieces_are_as_long_as_asked_but_the_last() -> None:
    assert list(pieces(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(pieces([])) == []


def test_a_list_is_padded_with_what_is_in_it() -> None:
    lengths = set()
    for count in range(1, 101):
        found = padded(range(count))
        assert list(found[:count]) == list(range(count)) and set(found) == set(range(count))
        lengths.add(len(found))
    assert lengths == {1, 2, 4, 8, 16, 32, 64, 128}
    assert list(padded([])) == []
