"""A call with everything in one request; also the begin of a resumable upload."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import NamedTuple

from migrate.sandbox.access.tokens import Grant
from migrate.sandbox.app.exchange import Exchange, Outcome
from migrate.sandbox.app.uploads import Uploads
from migrate.sandbox.description.api import Route
from migrate.sandbox.http import bodies
from migrate.sandbox.http.bodies import Receive
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.request import Answer, Request, failure
from migrate.sandbox.limits.faults import Rule
from migrate.sandbox.service import Service

JSON_LIMIT = 1024 * 1024
RESUMABLE = re.compile(r"(?:^|&)(?:uploadType|upload_protocol)=resumable(?:&|$)")


class Found(NamedTuple):
    """What a request asks for; without a route, the error."""

    name: str
    """For statistics and fault rules."""
    route: Route | None = None
    params: dict[str, str] = {}  # noqa: RUF012 - nobody changes it
    grant: Grant | None = None
    error: ApiError | None = None
    starts: bool = False
    """A resumable upload."""

    @property
    def user(self) -> str | None:
        return self.grant.user if self.grant else None


class Plain:
    def __init__(self, service: Service, exchange: Exchange, uploads: Uploads) -> None:
        self._service, self._exchange, self._uploads = service, exchange, uploads

    async def serve(self, request: Request, receive: Receive, doomed: Rule | None) -> Outcome:
        overrides = overridden(request)
        found = self.find(request)
        limits, grant = self._service.limits, found.grant
        group = found.params.get("groupId")
        with limits.under_way(grant, group) if grant else nullcontext() as busy:
            error = found.error or busy
            try:
                request.body = await bodies.receive_body(
                    receive, limit(found.route), self._service.store.spool
                )
            except ApiError as refusal:
                error = error or refusal
            if overrides:
                request.query = bytes(request.body.data).decode("latin-1")
                request.body = bodies.EMPTY
            try:
                return await self.run(request, found, error, doomed)
            finally:
                request.body.close()

    def find(self, request: Request) -> Found:
        try:
            route, params = self._service.api.find(request.verb, request.path)
        except ApiError as refusal:
            return Found("unknown", error=refusal)
        grant, name = self._service.grant(request), route.method.id
        if route.upload and (route.upload == "resumable" or RESUMABLE.search(request.query)):
            return Found(f"{name}.start", route, params, grant, starts=True)
        return Found(name, route, params, grant)

    async def run(
        self, request: Request, found: Found, error: ApiError | None, doomed: Rule | None
    ) -> Outcome:
        """The outcome of a call that has been received, or could not be."""
        route, grant = found.route, found.grant

        def work() -> Answer:
            if error is not None or route is None:
                return failure(error or ApiError(404, "Not Found"))
            if found.starts:
                return self._uploads.start(request, route, found.params, grant)
            return self._service.perform(request, route, found.params, grant)

        return await self._exchange.run(found.name, found.user, work, doomed)


def overridden(request: Request) -> bool:
    """Whether the body is the query of a GET; then the verb is put right.

    google-api-python-client sends a GET with a long query as a POST with this header.
    """
    overrides = request.headers.get(b"x-http-method-override") == b"GET"
    if overrides and request.verb == "POST":
        request.verb = "GET"
        return True
    return False


def limit(route: Route | None) -> int:
    """Bytes a request body may have."""
    if route is None or not route.method.max_size:
        return JSON_LIMIT
    if route.upload:
        return route.method.max_size + bodies.ENVELOPE
    return route.method.max_size * 4 // 3 + bodies.ENVELOPE
