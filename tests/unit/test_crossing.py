"""Whose mail would go into whose mailbox: what is certainly wrong, what is told, what is fine."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.accounts import Account, crossing, read
from migrate.config import load, quick
from migrate.credentials import Secret
from migrate.errors import UsageError
from migrate.problems import explain
from migrate.texts import Texts
from tests.unit.told import problems, told


def rows(directory: Path, text: str) -> tuple[Account, ...]:
    path = directory / "accounts.csv"
    path.write_text(f"source_user,target_user,aliases\n{text}", encoding="utf-8")
    return read(path, need_password=False)


CROSSED = {
    "swapped": ("a@o.jp,b@n.jp\nb@o.jp,a@n.jp\n", ["targets-crossed:2"]),
    "swapped login names": ("A,b@n.jp\nb,a@n.jp\n", ["targets-crossed:2"]),
    "swapped in one domain": (
        "a@o.jp,b@o.jp\nc@o.jp,c@o.jp\nb@o.jp,a@o.jp\n",
        ["targets-crossed:2"],
    ),
    "a sorted column": ("b,a@n.jp\nc,b@n.jp\na,c@n.jp\n", ["targets-crossed:2"]),
    "two circles": (
        "a,b@n.jp\nc,d@n.jp\nb,a@n.jp\nd,c@n.jp\n",
        ["targets-crossed:2", "targets-crossed:3"],
    ),
    "an alias of two": ("a,a@n.jp,x@o.jp\nb,b@n.jp,X@o.jp;y@o.jp\n", ["alias-elsewhere:3"]),
    "an alias that is another's": ("a,a@n.jp,b@n.jp\nb,b@n.jp\n", ["alias-elsewhere:2"]),
    "no address": ("a,a@n.jp,x@o.jp sales\n", ["alias-invalid:2"]),
}


@pytest.mark.parametrize(("text", "expected"), CROSSED.values(), ids=CROSSED.keys())
def test_what_is_certainly_wrong_is_refused_with_its_line(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    found = problems(lambda: rows(tmp_path, text))
    assert [code + where.removeprefix("accounts.csv") for code, where in found] == expected


def test_a_circle_is_told_as_a_whole(tmp_path: Path) -> None:
    words = told(lambda: rows(tmp_path, "b,a@n.jp\nx,x@n.jp\nc,b@n.jp\na,c@n.jp\n"))
    assert "b → a@n.jp, a → c@n.jp, c → b@n.jp" in words
    assert "lines 2, 4, 5" in words


@pytest.mark.parametrize(
    "text",
    [
        "a@o.jp,a@o.jp\n",  # another service, the same address
        "a@o.jp,a@n.jp\nb@o.jp,b@n.jp\n",
        "a@o.jp,b@n.jp\nb@p.jp,a@n.jp\n",  # of two old domains: other people
        "a@o.jp,b@n.jp\nb@o.jp,a@m.jp\n",
        "a,a@n.jp,a@o.jp;a@n.jp <a.b@o.jp>\n",
    ],
)
def test_what_may_well_be_meant_is_taken(tmp_path: Path, text: str) -> None:
    assert crossing.doubts(rows(tmp_path, text), "accounts.csv") == []


def test_a_target_that_is_named_like_another_source_is_told(tmp_path: Path) -> None:
    found = rows(tmp_path, "sato,sato.k@n.jp\nsuzuki,sato@n.jp\n")
    (doubt,) = crossing.doubts(found, "accounts.csv")
    assert (doubt.code, doubt.params["where"]) == ("target-named-like-source", "accounts.csv:3")
    for lang in ("en", "ja"):
        assert "sato.k@n.jp" in explain(doubt, Texts(lang))[0]


def test_aliases_in_any_of_the_usual_forms(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, 'a,a@n.jp,"<a@o.jp>; a.b@o.jp,c@o.jp  d@o.jp"\n')
    assert row.aliases == ("a@o.jp", "a.b@o.jp", "c@o.jp", "d@o.jp")


def _gmail(directory: Path, api: str = "https://gmail.googleapis.com") -> None:
    (directory / "migration.toml").write_text(
        '[source]\nurl = "imaps://imap.gmail.com"\nauth = "admin"\nadmin_user = "x"\n'
        f'admin_password = {{ env = "X" }}\n[target]\napi = "{api}"\nkey_file = "key.json"\n'
    )


def test_nobody_is_copied_into_himself(tmp_path: Path) -> None:
    _gmail(tmp_path)
    rows(tmp_path, "b@x.jp,b@y.jp\na@x.jp,A@x.jp\nc@x.jp,c@y.jp,c@x.jp\n")
    assert problems(lambda: load(tmp_path)) == [
        ("target-is-source", "accounts.csv:3"),
        ("target-is-source", "accounts.csv:4"),
    ]
    with pytest.raises(UsageError) as caught:
        quick("imaps://a%40x.jp@imap.gmail.com", "a@x.jp", tmp_path / "k", password=Secret("x"))
    assert caught.value.code == "target-is-source"
    _gmail(tmp_path, "https://127.0.0.1:8443")
    assert len(load(tmp_path).accounts) == 3, "a sandbox is nobody's Gmail"
