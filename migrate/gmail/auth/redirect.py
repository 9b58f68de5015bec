"""Where the browser comes back to: a port of this machine (RFC 8252 7.3), or the address typed in.

On a machine without a browser the user opens the address elsewhere; the browser there can't reach
us, and its address bar holds what we need.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Self

from migrate.errors import TargetError
from migrate.gmail.auth.consent import OtherState

IDLE = 2.0
"""Seconds for a connection on which a browser asks nothing (they open some in advance)."""
POLL = 1.0


class Redirect:
    """Listens while it is entered. `page` is shown to whoever comes back."""

    def __init__(self, page: str) -> None:
        self._page = page.encode("utf-8")
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        self._code: str | None = None
        self._declined: TargetError | None = None
        self._take: Callable[[str], str] = lambda _: ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._server.server_close()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/"

    def wait(self, take: Callable[[str], str], typed: int | None, seconds: float) -> str:
        """The code that `take` finds in the address of whoever comes first.

        `typed` is a file descriptor that lines are read from. OtherState for a wrong one;
        TargetError when the user declines, or nobody comes in time.
        """
        self._take = take
        deadline, text = time.monotonic() + seconds, b""
        while time.monotonic() < deadline:
            waiting = [self._server.fileno()] + ([typed] if typed is not None else [])
            ready = select.select(waiting, [], [], POLL)[0]
            if typed in ready:
                piece = os.read(typed, 65536) if typed is not None else b""
                text += piece
                typed = typed if piece else None
                if b"\n" in text or not piece:
                    line, _, text = text.partition(b"\n")
                    if line.strip():
                        return take(line.decode("utf-8", "replace").strip())
            elif ready:
                self._server.handle_request()
            if self._declined is not None:
                raise self._declined
            if self._code is not None:
                return self._code
        raise TargetError("login-nobody-came")

    def _came(self, path: str) -> bool:
        """Whether it answers our question. What anybody else sends is not for us."""
        try:
            self._code = self._take(f"http://127.0.0.1{path}")
        except OtherState:
            return False
        except TargetError as error:
            self._declined = error
        return True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        redirect = self

        class Handler(BaseHTTPRequestHandler):
            timeout = IDLE

            def do_GET(self) -> None:
                ours = redirect._came(self.path)
                body = redirect._page if ours else b""
                self.send_response(200 if ours else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """The address holds the code."""

        return Handler
