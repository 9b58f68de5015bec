"""Header fields as people read them, whatever they hold."""

from __future__ import annotations

import pytest

from migrate.shown import field, visible

SUBJECT = "御見積の件"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?B?5b6h6KaL56mN?= rest", "御見積 rest"),
        (b"=?utf-8?B?5b6h?=\t=?utf-8?B?6KaL56mN?=", "御見積"),
        (b"=?utf-8?Q?a_b=C3=A9?= \xe2\x80\xaefdp", "a bé ⟨U+202E⟩fdp"),
        (b"=?iso-2022-jp?B?GyRCOGY4KxsoQg==?=", "御見"),
        (b"=?none-such?B?5b6h?=", "=?none-such?B?5b6h?="),
        (b"=?utf-8?B?!!!!!?=", "=?utf-8?B?!!!!!?="),
        (SUBJECT.encode(), SUBJECT),
        (SUBJECT.encode("cp932"), SUBJECT),
        (SUBJECT.encode("euc_jp"), SUBJECT),
        (SUBJECT.encode("iso2022_jp"), SUBJECT),
        (b"caf\xe9 \xa0", "café"),
        (b"a\x00b\x1b[31m", "a⟨U+0000⟩b⟨U+001B⟩[31m"),
        (b"", ""),
    ],
)
def test_field(value: bytes, shown: str) -> None:
    assert field(value) == shown


def test_a_field_is_short_and_quick_however_long_it_is() -> None:
    assert field(b"x" * 2_000_000) == "x" * 200 + "…"
    assert len(field(b"=?utf-8?B?5b6h?= " * 100_000)) <= 201
    assert field(b"=?" * 1_000_000).endswith("…")


def test_a_sequence_that_holds_an_emoji_together_stays() -> None:
    assert visible("👩\u200d💻") == "👩\u200d💻"
