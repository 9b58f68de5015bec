"""HTTP by httplib2: whom it trusts, which way it goes, how it breaks."""

from __future__ import annotations

import ssl
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httplib2

from migrate.loopback import is_loopback

# An answer that breaks off in the middle is an HTTPException, and no OSError.
BROKEN = (OSError, HTTPException, httplib2.HttpLib2Error)

_build: Any = httplib2._build_ssl_context  # type: ignore[attr-defined]


@cache
def _built(_as_of: int, *how: Any, **more: Any) -> ssl.SSLContext:
    context: ssl.SSLContext = _build(*how, **more)
    return context


def _shared(unchecked: bool, ca_certs: str, *how: Any, **more: Any) -> ssl.SSLContext:
    """One for all connections. httplib2 would read all certificates anew for each, and of those an
    account has several: with the system's it takes twenty milliseconds and half a megabyte."""
    return _built(Path(ca_certs).stat().st_mtime_ns, unchecked, ca_certs, *how, **more)


httplib2._build_ssl_context = _shared  # type: ignore[attr-defined]


def plain_http(ca_file: Path | None, timeout: float, url: str) -> httplib2.Http:
    """An httplib2 client that trusts `ca_file`; a proxy of the environment, but not to loopback."""
    direct = is_loopback(urlsplit(url).hostname or "")
    return httplib2.Http(
        timeout=timeout,
        ca_certs=str(ca_file) if ca_file else None,
        proxy_info=None if direct else httplib2.proxy_info_from_environment,
    )
