"""The addresses of the mailbox page."""

from __future__ import annotations

from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.request import Answer, Request, failure
from migrate.sandbox.mailbox.store import Store


class Page:
    def __init__(self, store: Store) -> None:
        self._store = store

    @staticmethod
    def owns(path: str) -> bool:
        return path == "/" or path.startswith("/mail/")

    def answer(self, request: Request, peer: str) -> Answer:
        """HTML for a loopback peer."""
        return failure(ApiError(404, "Not Found"))
