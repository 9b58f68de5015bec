"""Resumable uploads: one call in several requests.

https://developers.google.com/workspace/gmail/api/guides/uploads#resumable, and where that is
silent, what is known of the same protocol at Cloud Storage
(https://cloud.google.com/storage/docs/performing-resumable-uploads and the scenarios S.1 to S.7 of
googleapis/java-storage ITJsonResumableSessionPutTaskTest.java).

For statistics and fault rules the first request is METHOD.start, the one that brings the last byte
METHOD itself, as the plain call would be, and every other one METHOD.chunk. The last one pays the
units. A rule that strikes before the work leaves half of what the request brought. The token is
looked at once, at the start. A restart forgets all uploads.
"""

from __future__ import annotations

import mmap
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from migrate.sandbox.access.tokens import Grant
from migrate.sandbox.app.exchange import Exchange, Outcome
from migrate.sandbox.description.api import Route
from migrate.sandbox.http import bodies, ranges
from migrate.sandbox.http.bodies import Body, Receive
from migrate.sandbox.http.errors import ApiError
from migrate.sandbox.http.ranges import Span
from migrate.sandbox.http.request import Answer, Lines, Request, failure
from migrate.sandbox.limits.faults import Rule
from migrate.sandbox.service import Service

CANCELLED = 499


@dataclass(slots=True)
class Session:
    """One upload, until its end and a while longer."""

    id: str
    request: Request
    """The call that it becomes."""
    route: Route
    params: dict[str, str]
    grant: Grant
    declared: int | None
    """Size of the message, if the client said it at the start."""
    file: Path
    expires: float
    kept: int = 0
    """Bytes in `file` that count."""
    turn: int = 0
    """Of the request that writes: a newer one takes over from one whose client is gone."""
    answer: Answer | None = None
    """To be told again after the end."""


class Uploads:
    def __init__(self, service: Service, exchange: Exchange, url: str) -> None:
        self._service, self._exchange, self._url = service, exchange, url
        self._now, self._spool = service.store.clock.now, service.store.spool
        self._lifetime = service.options.upload_lifetime
        self._sessions: dict[str, Session] = {}
        for left in self._spool.iterdir():
            left.unlink()

    @staticmethod
    def owns(path: str, query: str) -> bool:
        return "upload_id=" in query and path.startswith(("/upload/", "/resumable/upload/"))

    def start(
        self, request: Request, route: Route, params: dict[str, str], grant: Grant | None
    ) -> Answer:
        """Check what can be checked before the first byte, and say where the bytes go."""
        try:
            grant, _ = self._service.admit(request, route.method, params, grant)
            request.resource = route.method.read(bodies.parse_json(request.body.view()))
            size = request.header(b"x-upload-content-length")
            if kind := request.header(b"x-upload-content-type"):
                bodies.media_type(kind)
            if size and not (size.isascii() and size.isdigit()):
                raise ApiError(400, "Invalid X-Upload-Content-Length header.")  # a guess
            declared = int(size) if size else None
            if declared is not None and declared > route.method.max_size:
                raise bodies.too_large()
        except ApiError as error:
            return failure(error)
        self._forget_expired()
        name = f"AEnB2U{secrets.token_urlsafe(48)}"
        expires = self._now() + self._lifetime
        request.body = bodies.EMPTY
        session = Session(
            name, request, route, params, grant, declared, self._spool / name, expires
        )
        self._sessions[name] = session
        query = f"{request.query}&" if request.query else ""
        where = f"{self._url}{request.path}?{query}upload_id={name}"
        return Answer(200, b"", ((b"location", where.encode("latin-1")), _tag(session)))

    async def serve(self, request: Request, receive: Receive, doomed: Rule | None) -> Outcome:
        """A request to the address of an upload. It needs no token: the address is the secret."""
        session = self._find(request)
        if session is None:
            await _drain(receive)
            gone = failure(ApiError(404, "Not Found"))
            return await self._exchange.run("unknown", None, lambda: gone, doomed)
        name, begin = session.route.method.id, session.kept
        group = session.params.get("groupId")
        with self._service.limits.under_way(session.grant, group) as busy:
            final, answer = await self._receive(session, request, receive, busy)

            def work() -> Answer:
                nonlocal begin
                begin = session.kept
                return answer()

            outcome = await self._exchange.run(
                name if final else f"{name}.chunk", session.grant.user, work, doomed
            )
        session.kept = begin + ranges.whole((session.kept - begin) // 2)
        return outcome

    async def _receive(
        self, session: Session, request: Request, receive: Receive, busy: ApiError | None
    ) -> tuple[bool, Callable[[], Answer]]:
        """Whether the message is all there now, and what remains to be done; Disconnected."""
        try:
            if busy is not None:
                raise busy
            if request.verb == "DELETE":
                return False, lambda: self._cancel(session)
            if request.verb not in ("PUT", "POST"):  # google.golang.org/api sends POST
                raise ApiError(404, "Not Found")
            length = request.header(b"content-length")
            span = ranges.parse(
                request.header(b"content-range"), int(length) if length.isdigit() else None
            )
        except ApiError as refusal:
            await _drain(receive)
            wrong = failure(refusal)
            return False, lambda: wrong
        if session.answer is not None or span.start > session.kept:
            await _drain(receive)
            known = session.answer or _gap(span.start, session.kept)
            return False, lambda: known
        size = await self._write(session, span, receive) if not span.asks else session.kept
        total = size if span.end is None else span.total
        if size > session.route.method.max_size:
            return False, lambda: failure(bodies.too_large())
        if size == total and total >= session.kept:
            turn = session.turn
            return True, lambda: self._finish(session, request, size, turn)
        return False, lambda: _incomplete(session, request)

    async def _write(self, session: Session, span: Span, receive: Receive) -> int:
        """Keep what comes; the offset where it ended. Disconnected.

        "Cloud Storage ignores any bytes you send at an offset that Cloud Storage has already
        persisted".
        """
        session.turn += 1
        turn, size, known = session.turn, span.start, session.kept
        with os.fdopen(os.open(session.file, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.seek(known)
            async for piece in bodies.pieces(receive):
                if span.end is not None:
                    piece = piece[: span.end - size]
                fresh = memoryview(piece)[max(0, known - size) :]
                size += len(piece)
                if session.turn == turn and size <= session.route.method.max_size:
                    file.write(fresh)
                    file.flush()
                    session.kept = max(session.kept, ranges.whole(size))
        return size if session.turn == turn else session.kept

    def _finish(self, session: Session, request: Request, size: int, turn: int) -> Answer:
        """Do the call with the message that came, if nobody has done or changed it meanwhile."""
        if session.answer is not None:
            return session.answer
        if session.id not in self._sessions:
            return failure(ApiError(404, "Not Found"))
        if session.turn != turn:
            return _incomplete(session, request)
        if session.declared not in (None, size):
            # A guess: nothing says what a wrong X-Upload-Content-Length leads to.
            return failure(ApiError(400, f"The upload has {size} byte(s), not {session.declared}."))
        call = session.request
        if size:
            with session.file.open("rb") as file:
                call.body = Body(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ))
        answer = self._service.perform(call, session.route, session.params, session.grant)
        call.body = bodies.EMPTY
        answer = answer._replace(headers=(*answer.headers, _tag(session)))
        if answer.status < 300 or answer.status == 400:
            session.answer, session.request.resource = answer, None
            session.file.unlink(missing_ok=True)
        return answer

    def _find(self, request: Request) -> Session | None:
        session = self._sessions.get(parse_qs(request.query).get("upload_id", [""])[0])
        if session is None or session.request.path != request.path:
            return None
        if session.expires <= self._now():
            self._forget(session)
            return None
        return session

    def _cancel(self, session: Session) -> Answer:
        """https://cloud.google.com/storage/docs/performing-resumable-uploads#cancel-upload"""
        self._forget(session)
        return Answer(CANCELLED, b"", (_tag(session),))

    def _forget(self, session: Session) -> None:
        self._sessions.pop(session.id, None)
        session.file.unlink(missing_ok=True)

    def _forget_expired(self) -> None:
        now = self._now()
        while self._sessions and (first := next(iter(self._sessions.values()))).expires <= now:
            self._forget(first)


def _incomplete(session: Session, request: Request) -> Answer:
    """308 Resume Incomplete; as 200 if the client asks for that, as google.golang.org/api does
    (googleapis/google-api-go-client internal/gensupport/resumable.go)."""
    lines: Lines = (_tag(session),)
    if session.kept:
        lines += ((b"range", f"bytes=0-{session.kept - 1}".encode()),)
    if request.header(b"x-guploader-no-308") == "yes":
        return Answer(200, b"", (*lines, (b"x-http-status-code-override", b"308")))
    return Answer(308, b"", lines)


def _gap(start: int, kept: int) -> Answer:
    """Scenario S.5: plain text, and a 503 although it never gets better."""
    sentence = (
        f"Invalid request.  According to the Content-Range header, the upload offset is {start} "
        f"byte(s), which exceeds already uploaded size of {kept} byte(s)."
    )
    return Answer(503, sentence.encode(), ((b"content-type", b"text/plain; charset=utf-8"),))


def _tag(session: Session) -> tuple[bytes, bytes]:
    return b"x-guploader-uploadid", session.id.encode()


async def _drain(receive: Receive) -> None:
    async for _ in bodies.pieces(receive):
        pass
