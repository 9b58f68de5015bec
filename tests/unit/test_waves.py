"""Which accounts are moved together, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from migrate.accounts import Account, read
from migrate.accounts.waves import in_waves, wave
from migrate.cli.waves import chosen
from migrate.errors import UsageError
from tests.unit.told import problems


def rows(directory: Path, *names: str) -> tuple[Account, ...]:
    path = directory / "accounts.csv"
    lines = (f"u{number},u{number}@n.jp,{name}\n" for number, name in enumerate(names))
    path.write_text("source_user,target_user,wave\n" + "".join(lines), encoding="utf-8")
    return read(path, need_password=False)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["pilot", "1", "Pilot ", "2", "1"], [("pilot", [0, 2]), ("1", [1, 4]), ("2", [3])]),
        (["10", "2", "１"], [("1", [2]), ("2", [1]), ("10", [0])]),
        (["2", "pilot"], [("2", [0]), ("pilot", [1])]),
        (["", "b", "", "a"], [("b", [1]), ("a", [3]), ("", [0, 2])]),
        (["営業部", "総務部", "営業部"], [("営業部", [0, 2]), ("総務部", [1])]),
    ],
)
def test_numbers_by_number_names_as_they_come_and_the_rest_last(
    tmp_path: Path, names: list[str], expected: list[tuple[str, list[int]]]
) -> None:
    found = in_waves(rows(tmp_path, *names))
    assert [(each.name, [row.line - 2 for row in each.rows]) for each in found] == expected


def test_one_wave(tmp_path: Path) -> None:
    accounts = rows(tmp_path, "pilot", "", "PILOT", "later")
    assert [row.line for row in wave(accounts, " Pilot")] == [2, 4]
    assert problems(lambda: wave(accounts, "pilto")) == [("wave-unknown-near", "")]
    assert problems(lambda: wave(accounts, "")) == [("wave-unknown", "")]
    assert problems(lambda: in_waves(rows(tmp_path, "", ""))) == [("waves-none", "")]


def test_what_does_not_go_together_is_refused(tmp_path: Path) -> None:
    config: Any = SimpleNamespace(accounts=rows(tmp_path, "pilot", ""))

    def asked(
        *, waves: bool, despite: Sequence[str] = (), watch: bool = False
    ) -> Callable[[], object]:
        against = {"--watch": watch}
        return lambda: chosen(
            config, ["u0"], waves=waves, wave=None, despite=despite, against=against
        )

    assert problems(asked(waves=True, watch=True)) == [("waves-several", "")]
    assert problems(asked(waves=False, despite=["u0"])) == [("despite-alone", "")]
    with pytest.raises(UsageError) as caught:
        asked(waves=True, despite=["u1"])()  # not one of `--only`
    assert caught.value.code == "only-unknown"
    found, waves = chosen(
        config, ["U0@n.jp"], waves=True, wave=None, despite=None, against={"--watch": False}
    )
    assert [row.line for row in found] == [2] and waves
