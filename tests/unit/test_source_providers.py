"""Which profile fits which server."""

from __future__ import annotations

import re

import pytest

from migrate.source.patience import MOST, delay, hinted, is_busy
from migrate.source.providers import KNOWN, Quirks, Seen, choose, profiles

KEYS = {"name", "greeting", "id", "capability", "host", "why"}
QUIRKS = {"connections", "bytes_per_day", "batch_messages", "apart", "ceiling"}


@pytest.mark.parametrize(
    ("seen", "id", "name"),
    [
        (
            Seen(greeting="* OK [CAPABILITY IMAP4rev1] Dovecot (Debian) ready."),
            "dovecot",
            "Dovecot",
        ),
        (Seen(id='ID ("name" "Dovecot")'), "dovecot", "Dovecot"),
        (Seen(greeting="* OK x Cyrus IMAP 3.6.1-Debian server ready"), "cyrus", "Cyrus IMAP"),
        (Seen(greeting="* OK [X] Courier-IMAP ready. Copyright"), "courier", "Courier IMAP"),
        (
            Seen(greeting="* OK The Microsoft Exchange IMAP4 service is ready. [QQ==]"),
            "exchange",
            "Microsoft Exchange",
        ),
        (Seen(host="outlook.office365.com"), "exchange", "Microsoft Exchange"),
        (Seen(greeting="* OK Domino IMAP4 Server Release 9.0.1"), "domino", "HCL Domino"),
        (Seen(id='ID ("NAME" "Zimbra" "VERSION" "8.8.15")'), "zimbra", "Zimbra"),
        (Seen(greeting="* OK Gimap ready for requests from 192.0.2.1"), "gmail", "Gmail"),
        (Seen(capabilities=frozenset({"IMAP4REV1", "X-APPLE-REMOTE-LINKS"})), "icloud", "iCloud"),
        (Seen(host="p02-imap.mail.me.com"), "icloud", "iCloud"),
        (Seen(greeting="* OK IMAP4rev1 imapgate-1.8.1_01.20166"), "yahoo", "Yahoo"),
        (
            Seen(host="example.sakura.ne.jp", greeting="* OK Dovecot ready."),
            "sakura",
            "さくらインターネット (Dovecot)",
        ),
        (Seen(host="sv1234.xserver.jp"), "xserver", "エックスサーバー"),
        (Seen(host="imap.ocn.ne.jp"), "ocn", "OCN"),
        (Seen(host="mail.kagoya.net"), "kagoya", "KAGOYA"),
        (Seen(host="mail.example.jp", greeting="* OK ready"), "unknown", ""),
        (Seen(host="sakura.ne.jp.example.com"), "unknown", ""),
        (Seen(capabilities=frozenset({"XAPPLEPUSHSERVICE"})), "unknown", ""),
    ],
)
def test_a_server_is_told_by_what_it_says(seen: Seen, id: str, name: str) -> None:
    provider, _ = choose(seen)
    assert (provider.id, provider.name) == (id, name)


def test_what_is_different() -> None:
    yahoo, quirks = choose(Seen(host="imap.mail.yahoo.com"))
    assert yahoo.ceiling == 10_000 and quirks.batch_messages == 50
    assert choose(Seen(host="imap.mail.me.com"))[1].apart
    hoster, quirks = choose(Seen(host="x.sakura.ne.jp", greeting="* OK Courier-IMAP ready."))
    assert hoster.id == "sakura" and quirks.connections == 4
    assert choose(Seen(greeting="* OK hello"))[1] == Quirks()


def test_the_user_knows_better() -> None:
    provider, quirks = choose(Seen(greeting="* OK Courier-IMAP ready."), "icloud")
    assert provider.id == "icloud" and quirks == Quirks(apart=True)
    assert {"auto", "icloud", "sakura"} <= set(KNOWN)


def test_each_profile_has_signs_and_reasons() -> None:
    for id, profile in profiles().items():
        assert id != "unknown" and profile["name"]
        assert profile.keys() <= KEYS | QUIRKS
        signs = profile.keys() & {"greeting", "id", "capability", "host"}
        assert signs
        for sign in signs:
            re.compile(profile[sign])
        assert bool(profile.keys() & QUIRKS) == ("why" in profile)


def test_how_long_a_server_asks_us_to_wait() -> None:
    hint = "NO Request is throttled. Suggested Backoff Time: 1500 milliseconds"
    assert hinted(hint) == 1.5 and is_busy(hint)
    assert hinted("BYE backoff time: 3 seconds") == 3
    assert hinted("NO Suggested Backoff Time: 99999999999 milliseconds") == MOST
    assert hinted("NO [LIMIT] slow down") is None and is_busy("NO [LIMIT] slow down")
    assert not is_busy("NO damaged")


def test_when_a_command_is_sent_again() -> None:
    assert [delay("NO [UNAVAILABLE]", n, of_messages=False) for n in (1, 2, 3, 4)] == [
        2.0,
        8.0,
        30.0,
        None,
    ]
    assert delay("NO [UNAVAILABLE]", 1, of_messages=True) is None
    assert delay("NO [THROTTLED]", 1, of_messages=True) == 2.0
    assert delay("NO [NOPERM]", 1, of_messages=False) is None
    hint = "Suggested Backoff Time: 10 milliseconds"
    assert [delay(hint, n, of_messages=True) for n in (1, 4, 5)] == [0.01, 0.01, None]
