"""One API call: route → token → scope → user → parameters → cost → method."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from migrate.sandbox.access.directory import Directory
from migrate.sandbox.access.tokens import Grant, Tokens
from migrate.sandbox.description.api import Api, Method, Route
from migrate.sandbox.http import bodies
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.fields import parse as parse_fields
from migrate.sandbox.http.fields import select
from migrate.sandbox.http.multipart import split_related
from migrate.sandbox.http.named import host, refused
from migrate.sandbox.http.request import NO_CONTENT, Answer, Request, failure, success, tagged
from migrate.sandbox.limits.limits import Limits
from migrate.sandbox.mailbox.store import Store
from migrate.sandbox.methods.calls import Call
from migrate.sandbox.methods.table import HANDLERS
from migrate.sandbox.options import Options

log = logging.getLogger(__name__)
IAM = "https://www.googleapis.com/auth/iam"


@dataclass(frozen=True, slots=True)
class Service:
    store: Store
    tokens: Tokens
    directory: Directory
    api: Api
    limits: Limits
    options: Options

    def grant(self, request: Request) -> Grant | None:
        """What the request's access token stands for; None when there is no valid one."""
        token = request.token()
        return self.tokens.grant(token) if token else None

    def perform(
        self, request: Request, route: Route, params: Mapping[str, str], grant: Grant | None
    ) -> Answer:
        """Do it; what changed is committed by the caller before the answer leaves."""
        pretty = True
        try:
            method = route.method
            grant, query = self.admit(request, method, params, grant)
            pretty = query["prettyPrint"]
            resource, content = _parts(request, route, query)
            self.limits.charge(grant, method.id, _mail_size(resource, content))
            user = grant.user or ""
            result = HANDLERS[method.id](
                Call(
                    method=method,
                    path=params,
                    query=query,
                    json=resource,
                    content=content,
                    user=user,
                    mailbox=self.store.mailbox(user) if _of_mailbox(method) else 0,
                    scopes=grant.scopes,
                    store=self.store,
                    directory=self.directory,
                    tokens=self.tokens,
                    options=self.options,
                )
            )
            if result is None:
                return NO_CONTENT
            etag = result.get("etag")
            if mask := query.get("fields"):
                result = select(result, parse_fields(mask))
            answer = success(result, pretty)
            return tagged(answer, etag, request) if etag else answer
        except ApiError as error:
            return failure(error, pretty)
        except Exception:
            log.exception("bug in the sandbox: %s", route.method.id)
            return failure(ApiError(500, "Internal error encountered."), pretty)

    def admit(
        self, request: Request, method: Method, params: Mapping[str, str], grant: Grant | None
    ) -> tuple[Grant, dict[str, Any]]:
        """The grant, if it entitles to this call, and the query; ApiError 400, 401, 403, 501."""
        if grant is None:
            raise refused("invalid-credentials" if request.token() else "login-required")
        self._authorise(method, params, grant)
        query = method.query(parse_qsl(request.query, keep_blank_values=True))
        # Refused before anything is done.
        method.check_mask(parse_fields(query.get("fields") or "*"))
        if method.id not in HANDLERS:
            raise ApiError(501, f"The sandbox does not implement {method.id}.")
        if query["alt"] == "media":
            # No method of ours downloads media; the wording is a guess.
            raise ApiError(400, "Media download is not supported by this method.")
        if query["alt"] != "json" or "callback" in query:
            raise ApiError(501, "The sandbox answers in JSON only: no alt=proto, no callback.")
        return grant, query

    def _authorise(self, method: Method, params: Mapping[str, str], grant: Grant) -> None:
        """ApiError 400, 403 if the grant does not entitle to this call."""
        if not grant.scopes & _scopes(method):
            raise refused("insufficient-scopes", service=host(method.id), method=method.id)
        if _of_mailbox(method):
            self._mailbox_of(grant, params["userId"])

    def _mailbox_of(self, grant: Grant, asked: str) -> None:
        """Whether Gmail serves this mailbox to this grant; ApiError 400, 403."""
        user = self.directory.find(grant.user) if grant.user else None
        if user is None:  # a service account has no mailbox
            raise refused("precondition")
        if asked.lower() != "me" and self.directory.find(asked) != user:
            raise refused("delegation-denied", user=user.address)
        if not user.active:
            # GAM-team/got-your-back#258 has a 403 without a text; the wording is a guess.
            raise ApiError(403, "Forbidden")
        if not user.mail:
            raise refused("mail-service-not-enabled")


def _mail_size(resource: Mapping[str, Any], content: memoryview | None) -> int:
    """Bytes of the mail that a call brings, also as `raw` in a message or a draft's message."""
    if content is not None:
        return len(content)
    raw = resource.get("raw") or (resource.get("message") or {}).get("raw")
    return len(raw) * 3 // 4 if isinstance(raw, str) else 0


def _of_mailbox(method: Method) -> bool:
    """Whether `userId` in its path is a mailbox; the licensing API has one that is not."""
    return method.id.startswith("gmail.users.")


def _scopes(method: Method) -> frozenset[str]:
    """Those of the discovery document; that of iamcredentials lacks the one that google-auth has
    a token for (google.auth.iam)."""
    return method.scopes | {IAM} if method.id.startswith("iamcredentials.") else method.scopes


def _parts(
    request: Request, route: Route, query: Mapping[str, Any]
) -> tuple[Mapping[str, Any], memoryview | None]:
    """The JSON resource and the uploaded message of a request; ApiError 400."""
    kind, body = request.header(b"content-type"), request.body
    if request.resource is not None:
        return request.resource, body.view()
    protocol = query.get("uploadType") or query.get("upload_protocol")
    resource: Mapping[str, Any]
    if route.upload is None:
        resource, content = bodies.parse_json(body.view()), None
    elif protocol == "multipart":
        resource, content = split_related(body, kind)
    elif len(body.data):
        bodies.media_type(kind)
        resource, content = {}, body.view()
    else:
        raise ApiError(400, bodies.MISSING)
    return route.method.read(resource), content
