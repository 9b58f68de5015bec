"""Connections to Google's APIs for Google's client, which takes one a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import google_auth_httplib2
from googleapiclient.errors import HttpError

from migrate.errors import TargetError
from migrate.gmail.auth import Tokens
from migrate.gmail.checked import checked
from migrate.gmail.errors import Answer
from migrate.web import BROKEN, plain_http

_RETRIES = 3


class Bearer:
    """Our `Tokens` in the shape that `AuthorizedHttp` wants."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def before_request(self, _request: object, _method: str, _url: str, headers: Any) -> None:
        headers["authorization"] = f"Bearer {self._tokens.bearer()}"

    def refresh(self, _request: object) -> None:
        self._tokens.bearer(refused=self._tokens.bearer())


class Lines:
    """One authorised connection for each thread that asks."""

    def __init__(
        self,
        api: str,
        tokens: Tokens,
        ca_file: Path | None,
        timeout: float,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """`check` is called before every request, and raises when there must be none any more."""
        self._api, self._tokens, self._check = api, tokens, check
        self._ca, self._timeout = ca_file, timeout
        self._local = threading.local()

    def mine(self) -> Any:
        """As `HttpRequest.execute` takes it."""
        http = getattr(self._local, "http", None)
        if http is None:
            plain = checked(plain_http(self._ca, self._timeout, self._api), self._check)
            http = google_auth_httplib2.AuthorizedHttp(Bearer(self._tokens), http=plain)
            self._local.http = http
        return http

    def ask(self, request: Any, refusal: str) -> Any:
        """The answer to a request that changes nothing, tried again as Google's client does.
        TargetError: `refusal` with its `status`, or that nothing was reached."""
        try:
            return request.execute(http=self.mine(), num_retries=_RETRIES)
        except HttpError as error:
            status, said = error.resp.status, Answer.parse(error.resp.status, error.content).message
            raise TargetError(refusal, status=status, detail=f"{status} {said}") from error
        except BROKEN as error:
            raise TargetError("target-unreachable", host=self._api, reason=error) from error

    def drop(self) -> None:
        """It has broken."""
        self._local.http = None
