"""Whom HTTP trusts is read once, and anew when it is another file or the file has changed."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import httplib2

from migrate.web import plain_http


def context(ca_file: Path) -> ssl.SSLContext:
    http = plain_http(ca_file, 5, "https://gmail.test")
    connection = httplib2.HTTPSConnectionWithTimeout("gmail.test", ca_certs=http.ca_certs)
    found = connection._context  # type: ignore[attr-defined]
    assert isinstance(found, ssl.SSLContext)
    assert found.check_hostname and found.verify_mode == ssl.CERT_REQUIRED
    return found


def test_connections_share_what_they_trust(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.pem", tmp_path / "other.pem"
    for each in (mine, other):
        each.write_bytes(Path(httplib2.CA_CERTS).read_bytes())
    first = context(mine)
    assert context(mine) is first
    assert context(other) is not first
    os.utime(mine, ns=(1, 1))
    assert context(mine) is not first
