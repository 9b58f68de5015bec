"""Lists of folders that break off at a name the server chokes on."""

from __future__ import annotations

import pytest

from migrate.errors import SourceLost

from .conftest import OpenSource
from .scripted_imap import HANG_UP, OK, ScriptedImap
from .source_errors import raised

TREE = {
    b"%": [b"INBOX", b"Work", b"a*"],
    b"Work/%": [b"Work/2019", b"Work/2020"],
    b"a*/%": [b"a*/b", b"Work/2019"],
    b"a*/b/%": [b"a*/b/c"],
}


def listed(*names: bytes) -> bytes:
    return b"".join(b'* LIST () "/" "%s"\r\n' % name for name in names)


def pattern(text: bytes) -> bytes:
    return b'LIST "" "' + text.replace(b"*", rb"\*").replace(b"%", b"%") + b'"$'


def play(scripted: ScriptedImap) -> None:
    scripted.folders = b""
    for parent, names in TREE.items():
        scripted.on(pattern(parent), listed(*names) + OK)


@pytest.mark.parametrize("end", [b"TAG NO internal error\r\n", HANG_UP, b"* BYE bug\r\n" + HANG_UP])
def test_a_list_that_breaks_off_is_asked_for_level_by_level(
    scripted: ScriptedImap, open_source: OpenSource, end: bytes
) -> None:
    play(scripted)
    scripted.on(pattern(b"*"), listed(b"INBOX", b"Work") + end)
    source = open_source(scripted.login)
    names = {b"INBOX", b"Work", b"Work/2019", b"Work/2020", b"a*", b"a*/b", b"a*/b/c"}
    assert {folder.raw for folder in source.folders()} == names
    assert source.unlisted == ()
    assert source.examine(source.folders()[0]).exists == 1  # it works on


@pytest.mark.parametrize("end", [b"TAG NO internal error\r\n", HANG_UP])
def test_what_cannot_be_had_is_named_and_costs_only_its_neighbours(
    scripted: ScriptedImap, open_source: OpenSource, end: bytes
) -> None:
    play(scripted)
    scripted.on(pattern(b"*"), listed(b"INBOX") + end)
    scripted.on(pattern(b"Work/%"), end)
    scripted.on(pattern(b"Work/2%"), listed(b"Work/2019") + end)
    scripted.on(pattern(b"Work/A%"), listed(b"Work/A") + OK)
    source = open_source(scripted.login)
    found = {folder.raw for folder in source.folders()}
    assert found == {b"INBOX", b"Work", b"Work/2019", b"Work/A", b"a*", b"a*/b", b"a*/b/c"}
    assert source.unlisted == ("Work/2…",)


def test_a_level_whose_bad_name_has_no_letter_we_know(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    play(scripted)
    scripted.on(pattern(b"*"), b"TAG NO no\r\n")
    scripted.on(pattern(b"%"), listed(b"INBOX") + b"TAG NO no\r\n")
    source = open_source(scripted.login)
    assert [folder.raw for folder in source.folders()] == [b"INBOX"]
    assert source.unlisted == ("…",)


def test_a_server_that_always_hangs_up(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.on(b"LIST", HANG_UP)
    source = open_source(scripted.login)
    assert isinstance(raised(source.folders), SourceLost)
    assert sum(command.startswith(b"LOGIN") for command in scripted.commands) == 11


def test_a_name_with_a_line_break_in_it(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.folders = listed(b"INBOX", b"bad\r\nname", b"good")
    source = open_source(scripted.login)
    assert [folder.raw for folder in source.folders()] == [b"INBOX", b"good"]
    assert source.unlisted == ('LIST () "/" "bad',)
    scripted.folders = listed(b"INBOX")
    source.folders()
    assert not source.unlisted


def test_a_tree_that_has_no_end(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.on(pattern(b"*"), b"TAG NO no\r\n")
    scripted.on(rb'LIST "" "%"', listed(b"a") + OK)
    for depth in range(1, 130):
        name = b"/".join([b"a"] * depth)
        scripted.on(pattern(name + b"/%"), listed(name + b"/a") + OK)
    assert len(open_source(scripted.login).folders()) == 100
