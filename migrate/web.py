"""HTTP by httplib2: whom it trusts, which way it goes, how it breaks."""

from __future__ import annotations

from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import httplib2

from migrate.loopback import is_loopback

# An answer that breaks off in the middle is an HTTPException, and no OSError.
BROKEN = (OSError, HTTPException, httplib2.HttpLib2Error)


def plain_http(ca_file: Path | None, timeout: float, url: str) -> httplib2.Http:
    """An httplib2 client that trusts `ca_file`; a proxy of the environment, but not to loopback."""
    direct = is_loopback(urlsplit(url).hostname or "")
    return httplib2.Http(
        timeout=timeout,
        ca_certs=str(ca_file) if ca_file else None,
        proxy_info=None if direct else httplib2.proxy_info_from_environment,
    )
