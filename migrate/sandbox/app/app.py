"""What an address stands for, and how the outcome reaches the connection."""

from __future__ import annotations

from collections import Counter
from collections.abc import MutableMapping
from typing import Any

from migrate.sandbox.access.tokens import TokenError
from migrate.sandbox.app.batch import Batch
from migrate.sandbox.app.exchange import Exchange, Fate, Outcome
from migrate.sandbox.app.plain import JSON_LIMIT, Plain
from migrate.sandbox.app.uploads import Uploads
from migrate.sandbox.control import Control
from migrate.sandbox.description.published import Published
from migrate.sandbox.http import bodies
from migrate.sandbox.http.answers import Send, send_answer
from migrate.sandbox.http.bodies import Receive
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.request import Answer, Request, dump, failure, success
from migrate.sandbox.limits.faults import Faults, Rule
from migrate.sandbox.page.consent import ConsentPage
from migrate.sandbox.page.page import Page
from migrate.sandbox.service import Service

Scope = MutableMapping[str, Any]


class App:
    """ASGI application over one store; `url` is where clients reach it."""

    def __init__(self, service: Service, faults: Faults, url: str) -> None:
        self._service, self._clock = service, service.store.clock
        self._exchange = Exchange(service.store, faults, service.options.latency)
        self._uploads = Uploads(service, self._exchange, url)
        self._plain = Plain(service, self._exchange, self._uploads)
        self._batch = Batch(service, self._exchange, self._plain)
        self._published = Published(url)
        self._page = Page(service.store)
        self._consent = ConsentPage(service.tokens.consents, service.directory, service.api.scopes)
        self._by_status: Counter[str] = Counter()
        self._control = Control(service, faults, self._exchange.by_method, self._by_status)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        request = Request(
            scope["method"],
            scope["raw_path"].decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            dict(scope["headers"]),
        )
        connection = scope["sandbox.connection"]
        try:
            answer, fate, rule = await self._outcome(
                request, receive, scope["client"][0], connection.doomed
            )
        except bodies.Disconnected:
            return
        if fate is Fate.CUT:
            connection.abort()
            return
        if fate is Fate.DOOMED:
            connection.doomed = rule
        self._by_status[str(answer.status)] += 1
        truncated = fate is Fate.TRUNCATED
        await send_answer(send, answer, request.headers, self._clock.now(), cut=truncated)
        if truncated:
            connection.close()

    async def _outcome(
        self, request: Request, receive: Receive, peer: str, doomed: Rule | None
    ) -> Outcome:
        path = request.path
        if self._uploads.owns(path, request.query):
            return await self._uploads.serve(request, receive, doomed)
        if self._batch.owns(path):
            return await self._batch.serve(request, receive, doomed)
        if path in ("/token", "/revoke"):
            return await self._token(request, receive, doomed)
        if self._published.owns(path):
            return Outcome(self._published.answer(request))
        if self._consent.owns(path):
            request.body = await bodies.receive_body(receive, JSON_LIMIT, self._service.store.spool)
            return Outcome(self._consent.answer(request, peer))
        if self._page.owns(path):
            return Outcome(self._page.answer(request, peer))
        if self._control.owns(path):
            request.body = await bodies.receive_body(receive, JSON_LIMIT, self._service.store.spool)
            return Outcome(self._control.answer(request, peer))
        return await self._plain.serve(request, receive, doomed)

    async def _token(self, request: Request, receive: Receive, doomed: Rule | None) -> Outcome:
        name = request.path.removeprefix("/")
        error: ApiError | None = None
        try:
            request.body = await bodies.receive_body(receive, JSON_LIMIT, self._service.store.spool)
        except ApiError as refusal:
            error = refusal

        def work() -> Answer:
            if error is not None:
                return failure(error)
            try:
                if request.verb != "POST":
                    raise TokenError(405, "invalid_request", "Only POST is allowed.")
                tokens, form = self._service.tokens, bytes(request.body.view())
                return success(tokens.exchange(form) if name == "token" else tokens.revoke(form))
            except TokenError as refusal:
                return Answer(refusal.status, dump(refusal.body, True))

        return await self._exchange.run(name, None, work, doomed)
