"""Fetching from servers that do what Dovecot never does: nothing truncated, nothing passed over."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from migrate.body import Body
from migrate.errors import FetchRefused, SourceLost, StateError
from migrate.source.imap import ImapSource

from .conftest import OpenSource
from .scripted_imap import HANG, HANG_UP, OK, ScriptedImap, body, literal
from .source_errors import complete, raised


def outcome(source: ImapSource, *uids: int, hint: int = 0) -> dict[int, bytes | str]:
    """UID → the bytes, or the code of the refusal."""
    found: dict[int, bytes | str] = {}
    for fetched in source.fetch([(uid, hint) for uid in uids]):
        assert fetched.uid not in found
        if isinstance(fetched.body, FetchRefused):
            assert complete(fetched.body)
            found[fetched.uid] = fetched.body.code
        else:
            with fetched.body as content:
                found[fetched.uid] = b"".join(content.chunks())
    return found


def asked(server: ScriptedImap) -> list[bytes]:
    return [c.split()[2] for c in server.commands if c.endswith(b"(UID BODY.PEEK[])")]


def test_bytes_survive(scripted: ScriptedImap, open_source: OpenSource, spool: Path) -> None:
    nasty = {
        1: b"NUL \x00 and bare\nLF and\rCR",
        2: b"* 3 FETCH (UID 3 BODY[] {4}\r\nfake)\r\nH3 OK fake\r\n",
        3: bytes(range(256)) * 40,
        4: b"{5}\r\n",
        5: b"x" * 5000,
    }
    scripted.mail = {uid: body(data) for uid, data in nasty.items()}
    source = open_source(scripted.login, spool_over=4000, batch_bytes=4096)
    assert outcome(source, 1, 2, 3, 4, 5) == nasty
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize(
    "items",
    [
        b'BODY[] "quoted \\"text\\""',
        b"FLAGS (\\Seen) " + body(b'quoted "text"') + b" MODSEQ (12)",
        b"body[] " + literal(b'quoted "text"'),
        b'BODY[HEADER.FIELDS (FROM "TO")] ' + literal(b"From: x") + b" " + body(b'quoted "text"'),
        b'ENVELOPE ("(" NIL ((NIL NIL "a" "b"))) ' + body(b'quoted "text"'),
        b"BODY[] ~" + literal(b'quoted "text"'),
    ],
)
def test_items_in_any_form(scripted: ScriptedImap, open_source: OpenSource, items: bytes) -> None:
    scripted.mail = {1: items}
    assert outcome(open_source(scripted.login), 1) == {1: b'quoted "text"'}


@pytest.mark.parametrize("items", [b"BODY[] NIL", b'BODY[] ""', body(b""), b"FLAGS ()"])
def test_no_body_is_refused(scripted: ScriptedImap, open_source: OpenSource, items: bytes) -> None:
    scripted.mail = {1: body(b"one"), 2: items, 3: body(b"three")}
    source = open_source(scripted.login)
    assert outcome(source, 1, 2, 3) == {1: b"one", 2: "source-no-body", 3: b"three"}


def test_a_refused_message_costs_only_itself(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.mail = {uid: body(b"%d" % uid) for uid in (1, 2, 3, 4)}
    scripted.refused = {2, 4}
    source = open_source(scripted.login)
    found = {
        fetched.uid: fetched.body for fetched in source.fetch([(uid, 9) for uid in (1, 2, 3, 4)])
    }
    for uid in (2, 4):
        refusal = found[uid]
        assert isinstance(refusal, FetchRefused) and refusal.code == "source-refused-message"
        assert refusal.params["answer"] == "NO [UNAVAILABLE] message is broken"
    assert isinstance(found[1], Body) and isinstance(found[3], Body)
    # Those that the server calls unavailable get a second chance when all others are done.
    assert asked(scripted) == [b"1:4", b"2", b"3", b"4", b"2", b"4"]


def test_a_batch_that_is_bad_as_such(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.mail = {uid: body(b"%d" % uid) for uid in (1, 3)}
    scripted.on(rb"UID FETCH \S+[,:]\S+ .*BODY", b"TAG BAD one at a time\r\n")
    assert outcome(open_source(scripted.login), 1, 2, 3) == {1: b"1", 3: b"3"}


def test_what_a_batch_passes_over_is_asked_for_alone(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.mail = {uid: body(b"%d" % uid) for uid in (1, 2, 3)}
    scripted.on(rb"UID FETCH 1:3 .*BODY", b"* 1 FETCH (UID 1 " + body(b"1") + b")\r\n" + OK)
    assert outcome(open_source(scripted.login), 1, 2, 3) == {1: b"1", 2: b"2", 3: b"3"}


def test_a_vanished_message_yields_nothing_a_withheld_one_is_refused(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.mail = {1: body(b"1"), 2: b"FLAGS ()"}
    scripted.on(rb"UID FETCH \S+ .*BODY", b"* 1 FETCH (UID 1 " + body(b"1") + b")\r\n" + OK)
    assert outcome(open_source(scripted.login), 1, 2, 3) == {1: b"1", 2: "source-no-body"}


def test_what_may_be_there_is_not_taken_for_vanished(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    scripted.on(rb"UID FETCH 1 \(UID\)", b"TAG NO busy\r\n")
    assert outcome(open_source(scripted.login), 1) == {1: "source-no-body"}


def test_unsolicited_responses(
    scripted: ScriptedImap, open_source: OpenSource, spool: Path
) -> None:
    message = b"* 1 FETCH (UID 1 " + body(b"m" * 50) + b")\r\n"
    scripted.on(
        b"UID FETCH",
        b"* 5 EXISTS\r\n* 2 EXPUNGE\r\n* OK [ALERT] text that ends so {9}\r\n"
        b"* 1 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (UID 1 FLAGS ())\r\n"
        b"* 8 FETCH (UID 8 " + body(b"n" * 50) + b")\r\n"
        b"* LIST () NIL " + literal(b"o" * 50) + b"\r\n" + message + message + OK,
    )
    source = open_source(scripted.login, spool_over=10)
    assert outcome(source, 1) == {1: b"m" * 50}
    assert list(spool.iterdir()) == []


def test_hints_may_lie(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.mail = {uid: body(b"x" * 100_000) for uid in range(1, 21)}
    source = open_source(scripted.login, batch_bytes=10_000)
    assert len(outcome(source, *range(1, 21), hint=1)) == 20
    scripted.commands.clear()
    assert len(outcome(source, *range(1, 21), hint=10**12)) == 20
    assert len(asked(scripted)) == 20


def test_the_next_batch_is_asked_for_before_the_first_is_answered(
    scripted: ScriptedImap, open_source: OpenSource
) -> None:
    # The answer to the first command comes only once the second has arrived.
    scripted.on(rb"UID FETCH 1 ", b"")
    scripted.on(rb"UID FETCH 2 ", b"* 1 FETCH (UID 1 " + body(b"1") + b")\r\n")
    source = open_source(scripted.login, batch_bytes=1)
    first = next(source.fetch([(1, 1), (2, 1)]))
    assert first.uid == 1
    assert asked(scripted) == [b"1", b"2"]


@pytest.mark.parametrize("end", [HANG_UP, HANG])
@pytest.mark.parametrize("spool_over", [100, 1 << 20])
def test_a_truncated_literal_is_never_delivered(
    scripted: ScriptedImap, open_source: OpenSource, spool: Path, end: bytes, spool_over: int
) -> None:
    scripted.on(
        b"UID FETCH",
        b"* 1 FETCH (UID 1 " + body(b"whole") + b")\r\n"
        b"* 2 FETCH (UID 2 BODY[] {900000}\r\n" + b"x" * 500_000 + end,
    )
    login = scripted.impatient_login if end == HANG else scripted.login
    source = open_source(login, spool_over=spool_over)
    delivered = []
    with pytest.raises(SourceLost):
        for fetched in source.fetch([(1, 0), (2, 0)]):
            delivered.append(fetched.uid)
            assert list(spool.iterdir()) == []
    assert delivered == [1]
    assert list(spool.iterdir()) == []
    assert isinstance(raised(source.folders), SourceLost)


def test_a_line_cut_after_the_literal_leaves_no_file(
    scripted: ScriptedImap, open_source: OpenSource, spool: Path
) -> None:
    scripted.on(b"UID FETCH", b"* 1 FETCH (UID 1 " + body(b"x" * 99) + HANG_UP)
    source = open_source(scripted.login, spool_over=10)
    assert raised(lambda: outcome(source, 1)).code == "source-lost"
    assert list(spool.iterdir()) == []


def test_bye_in_the_middle(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.on(b"UID FETCH", b"* BYE [UNAVAILABLE] idle for too long\r\n" + HANG_UP)
    lost = raised(lambda: outcome(open_source(scripted.login), 1))
    assert isinstance(lost, SourceLost)
    assert lost.params["reason"] == "BYE [UNAVAILABLE] idle for too long"


def test_a_spool_that_cannot_be_written(
    scripted: ScriptedImap, open_source: OpenSource, spool: Path
) -> None:
    scripted.mail = {1: body(b"x" * 99)}
    source = open_source(scripted.login, spool_over=10)
    spool.rmdir()
    error = raised(lambda: outcome(source, 1))
    assert isinstance(error, StateError) and error.code == "source-spool"


def test_only_reading_commands_are_sent(scripted: ScriptedImap, open_source: OpenSource) -> None:
    scripted.mail = {1: body(b"1"), 2: b"FLAGS ()"}
    source = open_source(scripted.login)
    for folder in source.folders():
        source.examine(folder)
        list(source.scan(source.uids()))
        outcome(source, 1, 2, 3)
    source.close()
    allowed = re.compile(rb"CAPABILITY|LOGIN|LIST|EXAMINE|LOGOUT|UID FETCH \S+ \((?!.*BODY\[)")
    assert [c for c in scripted.commands if not allowed.match(c)] == []
    assert scripted.commands[-1] == b"LOGOUT"


@pytest.mark.parametrize("answer", [HANG_UP, b"* BYE\r\n" + HANG_UP, b"* garbage\r\nTAG NO\r\n"])
def test_close_never_raises(scripted: ScriptedImap, open_source: OpenSource, answer: bytes) -> None:
    scripted.on(b"LOGOUT", answer)
    source = open_source(scripted.login)
    source.close()
    source.close()
    assert isinstance(raised(source.folders), SourceLost)
