"""httplib2 sends a request again by itself when a kept-alive connection turns out to be dead. Here
each time is asked for, also the ones that it decides on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httplib2


class _Checked:
    """A connection of httplib2."""

    def __init__(self, connection: Any, check: Callable[[], None]) -> None:
        self._connection, self._check = connection, check

    def request(self, *args: Any) -> None:
        self._check()
        self._connection.request(*args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def checked(http: httplib2.Http, check: Callable[[], None]) -> httplib2.Http:
    """`http` calling `check` whenever a request is about to go out; what that raises ends it."""
    inner: Any = http
    send = inner._conn_request

    def ask(connection: Any, *args: Any) -> Any:
        return send(_Checked(connection, check), *args)

    inner._conn_request = ask
    return http
