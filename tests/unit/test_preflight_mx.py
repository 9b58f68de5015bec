"""Where mail for a domain arrives, asked of a DNS server on loopback."""

from __future__ import annotations

import pytest

from migrate.errors import UsageError
from migrate.preflight.names import MailHosts, Names
from migrate.preflight.once.mx import _is_at, judge
from tests.functional.names import running_dns

RECORDS = {
    "google.test": {"MX": ["1 smtp.google.com."]},
    "older.test": {"MX": ["5 alt1.aspmx.l.google.com.", "1 ASPMX.L.GOOGLE.COM."]},
    "same.test": {"MX": ["10 imap.old.test."]},
    "near.test": {"MX": ["10 mx3.old.test."]},
    "address.test": {"MX": ["10 mx.other.test."]},
    "filter.test": {"MX": ["10 in.filter.example."]},
    "imitation.test": {"MX": ["10 google.com.filter.example."]},
    "split.test": {"MX": ["10 imap.old.test.", "1 smtp.google.com."]},
    "null.test": {"MX": ["0 ."]},
    "none.test": {"A": ["127.0.0.1"]},
    "mute.test": {},
    "slow.test": {"MX": ["10 imap.old.test."]},
    "imap.old.test": {"A": ["127.0.0.2"], "AAAA": ["::2"]},
    "mx.other.test": {"A": ["127.0.0.9", "127.0.0.2"]},
    "in.filter.example": {"A": ["127.0.0.5"]},
}


@pytest.mark.parametrize(
    ("domain", "level", "code"),
    [
        ("google.test", "ok", "mx-google"),
        ("older.test", "ok", "mx-google"),
        ("same.test", "ok", "mx-old"),
        ("near.test", "ok", "mx-old"),
        ("address.test", "ok", "mx-old"),
        ("slow.test", "ok", "mx-old-slow"),
        ("filter.test", "ok", "mx-elsewhere"),
        ("imitation.test", "ok", "mx-elsewhere"),
        ("split.test", "warning", "mx-split"),
        ("null.test", "warning", "mx-null"),
        ("none.test", "warning", "mx-none"),
        ("missing.test", "warning", "mx-no-domain"),
        ("mute.test", "not-asked", "mx-unknown"),
        ("bad..test", "not-asked", "mx-unknown"),
    ],
)
def test_where_mail_arrives(domain: str, level: str, code: str) -> None:
    with running_dns(RECORDS, {"slow.test": 86400}) as server:
        names = Names(server)
        found = names.mail_hosts(domain)
        old = {each for each in found.hosts if _is_at(each, "imap.old.test", names)}
    finding = judge(domain, found, old)
    assert (finding.level, finding.code) == (level, code)
    assert finding.params["domain"] == domain


def test_hosts_come_by_priority() -> None:
    with running_dns(RECORDS) as server:
        found = Names(server).mail_hosts("older.test")
    assert found == MailHosts(("aspmx.l.google.com", "alt1.aspmx.l.google.com"), 600)


@pytest.mark.parametrize("server", ["mail.example.jp", "127.0.0.1:port", "[::1]:x", ""])
def test_a_resolver_is_named_by_its_address(server: str) -> None:
    with pytest.raises(UsageError) as caught:
        Names(server)
    assert caught.value.code == "dns-server"
