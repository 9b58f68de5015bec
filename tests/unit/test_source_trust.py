"""Whom a connection trusts: read once for all accounts, and again when the file has changed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrate.errors import UsageError
from migrate.source.login import Login
from migrate.source.session import _context
from tests.functional.certificate import make_certificate


def test_the_certificates_are_read_once(tmp_path: Path) -> None:
    ca = make_certificate(tmp_path).ca
    login = Login("mail.example.jp", 993, "tls", "taro", ca_file=ca)
    first = _context(login)
    assert _context(replace(login, user="jiro")) is first
    os.utime(ca, ns=(0, ca.stat().st_mtime_ns + 1))
    renewed = _context(login)
    assert renewed is not first
    assert len(renewed.get_ca_certs()) == len(first.get_ca_certs())
    assert _context(replace(login, ca_file=None)) not in (first, renewed)


def test_each_client_certificate_is_its_own(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    both = tmp_path / "both.pem"
    both.write_bytes(made.cert.read_bytes() + made.key.read_bytes())
    login = Login("mail.example.jp", 993, "tls", "taro", ca_file=made.ca, client_cert=both)
    assert _context(login) is not _context(login)
    assert _context(login) is not _context(replace(login, client_cert=None))


@pytest.mark.parametrize("which", ["ca_file", "client_cert"])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, which: str) -> None:
    (tmp_path / "empty.pem").touch()
    for path in (tmp_path / "none.pem", tmp_path / "empty.pem"):
        named: dict[str, Any] = {which: path}
        with pytest.raises(UsageError) as caught:
            _context(Login("h", 993, "tls", "taro", **named))
        assert (caught.value.code, caught.value.params["path"]) == ("source-pem", path)
