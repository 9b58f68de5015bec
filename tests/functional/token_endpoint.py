"""An OAuth token endpoint on this machine, and tokens that Dovecot can check (RFC 7519, HS256)."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


class TokenEndpoint:
    """Answers with what is in `answers`, one after the other; the last one again and again."""

    def __init__(self, port: int) -> None:
        self.uri = f"http://127.0.0.1:{port}/token"
        self.answers: list[tuple[int, Mapping[str, Any] | str]] = []
        self.asked: list[dict[str, str]] = []
        """The forms that came."""

    def gives(self, *tokens: str, seconds: int | None = 3600, **more: Any) -> None:
        """From now on these tokens in turn."""
        life = {} if seconds is None else {"expires_in": seconds}
        self.answers = [
            (200, {"access_token": each, "token_type": "Bearer"} | life | more) for each in tokens
        ]

    def refuses(self, error: str, description: str = "", status: int = 400) -> None:
        self.answers = [(status, {"error": error, "error_description": description})]

    def answer(self) -> tuple[int, Mapping[str, Any] | str]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def token_endpoint() -> Iterator[TokenEndpoint]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            endpoint.asked.append(dict(parse_qsl(data.decode(), keep_blank_values=True)))
            status, told = endpoint.answer()
            body = told if isinstance(told, str) else json.dumps(told)
            self.send_response(status)
            if status == 308:
                self.send_header("Location", endpoint.uri + "/elsewhere")
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint = TokenEndpoint(server.server_address[1])
    thread = threading.Thread(target=lambda: server.serve_forever(0.02))
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def jwt(user: str, secret: bytes, *, seconds: int = 3600) -> str:
    """A token for `user` that ends in `seconds`, or ended so long ago."""
    now = int(time.time())
    claims = {"sub": user, "email": user, "iat": now - 10, "exp": now + seconds}
    parts = [json.dumps(each).encode() for each in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = b".".join(_b64(each) for each in parts)
    return (signed + b"." + _b64(hmac.digest(secret, signed, hashlib.sha256))).decode()


def _b64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
