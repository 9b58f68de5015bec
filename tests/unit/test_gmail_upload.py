"""One message, one request, the very bytes; and what each kind of break means."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from migrate.body import Body
from migrate.gmail.errors import LabelRefused, NotSent, OutcomeUnknown, TokenExpired
from migrate.gmail.upload import Method, Parcel, Stored, Uploader

ODD = bytes(range(256)) + b"\r\n.\r\n--x\r\n\nbare\r\rend\x00"
BODY = b"Subject: \x93\xfa\x96{\xff\r\n\r\n" + ODD * 3
STORED = {"id": "m1", "threadId": "t1", "labelIds": ["INBOX"]}


def answer(status: int = 200, body: bytes | None = None, more: bytes = b"") -> bytes:
    content = json.dumps(STORED).encode() if body is None else body
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n".encode()
    return head + more + b"\r\n" + content


class Request:
    def __init__(self, head: bytes, body: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.method, target, _ = lines[0].split(" ")
        self.path = urlsplit(target).path
        self.query = {key: value[0] for key, value in parse_qs(urlsplit(target).query).items()}
        pairs = [line.split(": ", 1) for line in lines[1:] if ": " in line]
        self.headers = {name.lower(): value for name, value in pairs}
        self.body = body

    def parts(self) -> list[tuple[bytes, bytes]]:
        """(header, content) of each part, split by hand: no parser may repair anything."""
        kind, _, boundary = self.headers["content-type"].partition("; boundary=")
        assert kind == "multipart/related"
        pieces = self.body.split(f"--{boundary}".encode())
        assert pieces[0] == b"" and pieces[-1] == b"--\r\n"
        found = []
        for piece in pieces[1:-1]:
            assert piece.startswith(b"\r\n") and piece.endswith(b"\r\n")
            header, _, content = piece[2:-2].partition(b"\r\n\r\n")
            found.append((header, content))
        return found


class Server:
    """Answers one request after the other from a script; None drops the connection instead."""

    def __init__(self, script: list[bytes | None]) -> None:
        self._script, self.requests = script, list[Request]()
        self.connections = 0
        self._open = socket.socket()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.api = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        for each in (self._socket, self._open):
            with suppress(OSError):  # the client may have closed its end
                each.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._open.close()
            self._open = connection
            with connection, connection.makefile("rb") as stream:
                connection.settimeout(20)
                while self._one(connection, stream):
                    pass

    def _one(self, connection: socket.socket, stream: object) -> bool:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline()  # type: ignore[attr-defined]
            if not line:
                return False
            head += line
        length = int(Request(head, b"").headers.get("content-length", 0))
        self.requests.append(Request(head, stream.read(length)))  # type: ignore[attr-defined]
        said = self._script.pop(0) if self._script else answer(500, b"too many")
        if said is None:
            return False
        connection.sendall(said)
        return b"Connection: close" not in said


@contextmanager
def serving(*script: bytes | None) -> Iterator[Server]:
    server = Server(list(script))
    try:
        yield server
    finally:
        server.stop()


def send(
    uploader: Uploader,
    parcel: Parcel | None = None,
    method: Method = "import",
    thread_id: str | None = None,
    check: Callable[[], None] = lambda: None,
) -> Stored:
    return uploader.send(
        method,
        parcel or Parcel(b"", Body(BODY), 0),
        "secret-token",
        labels=["INBOX", "A"],
        thread_id=thread_id,
        parameters={"neverMarkSpam": "true"},
        check=check,
    )


@pytest.mark.parametrize("spooled", [False, True])
def test_the_request_holds_the_very_bytes(tmp_path: Path, spooled: bool) -> None:
    data = b"Old: header\r\n\r\n" + ODD * 4000  # over one megabyte, several chunks
    file = tmp_path / "spool"
    file.write_bytes(data)
    header = b"X-New: \xe3\x81\x82\r\n\r\n"
    parcel = Parcel(header, Body(file if spooled else data), len(b"Old: header\r\n\r\n"))
    with serving(answer(), answer()) as server:
        uploader = Uploader(server.api + "/")
        stored = send(uploader, parcel)
        send(uploader, parcel, "insert", thread_id="t9")
        first, second = server.requests
    assert stored == Stored("m1", "t1", frozenset({"INBOX"}))
    assert server.connections == 1
    for request in (first, second):
        (_, metadata), (kind, message) = request.parts()
        assert kind == b"Content-Type: message/rfc822"
        assert message == header + ODD * 4000
        assert json.loads(metadata)["labelIds"] == ["A", "INBOX"]
        assert request.headers["authorization"] == "Bearer secret-token"
        assert "expect" not in request.headers
        assert "transfer-encoding" not in request.headers
    assert "threadId" not in json.loads(first.parts()[0][1])
    assert json.loads(second.parts()[0][1])["threadId"] == "t9"
    assert first.path == "/upload/gmail/v1/users/me/messages/import"
    assert second.path == "/upload/gmail/v1/users/me/messages"
    assert (first.method, first.query["uploadType"]) == ("POST", "multipart")
    assert first.query["neverMarkSpam"] == "true"


def test_a_draft_is_a_message_in_a_draft(tmp_path: Path) -> None:
    """drafts.create takes no labels, and answers with the draft that holds the message."""
    body = json.dumps({"id": "r7", "message": STORED | {"labelIds": ["DRAFT"]}}).encode()
    with serving(answer(body=body), answer(body=b'{"id": "r8"}')) as server:
        uploader = Uploader(server.api)

        def draft() -> Stored:
            return uploader.send("draft", Parcel(b"", Body(BODY), 0), "t", labels=(), parameters={})

        assert draft() == Stored("m1", "t1", frozenset({"DRAFT"}), draft_id="r7")
        with pytest.raises(OutcomeUnknown):
            draft()
        request = server.requests[0]
    assert request.path == "/upload/gmail/v1/users/me/drafts"
    assert request.query["fields"] == "id,message(id,threadId,labelIds)"
    (_, metadata), (_, message) = request.parts()
    assert (json.loads(metadata), message) == ({"message": {}}, BODY)


@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 256 * 1024 + 1])
def test_sizes_at_the_edges_of_a_chunk(size: int) -> None:
    with serving(answer()) as server:
        send(Uploader(server.api), Parcel(b"", Body(b"\xff" * size), 0))
        assert server.requests[0].parts()[1][1] == b"\xff" * size


class Taken(Exception):
    """The account is not ours any more."""


def after(calls: int) -> Callable[[], None]:
    """A check that raises when it is called once more."""
    left = iter(range(calls))

    def check() -> None:
        if next(left, None) is None:
            raise Taken

    return check


@pytest.mark.parametrize("calls", [0, 1])
def test_what_must_not_go_out_is_not_begun(calls: int) -> None:
    with serving() as server:
        with pytest.raises(Taken):
            send(Uploader(server.api), check=after(calls))
        assert server.requests == []


@pytest.mark.parametrize("calls", [2, 8])
def test_a_body_is_broken_off_when_it_must_not_go_out_any_more(calls: int) -> None:
    """As in a process that was stopped in the middle of it."""
    with serving(None, answer()) as server:
        uploader = Uploader(server.api)
        with pytest.raises(Taken):
            send(uploader, Parcel(b"", Body(ODD * 8000), 0), check=after(calls))
        assert send(uploader, check=after(99)).gmail_id == "m1"
        cut, whole = server.requests
        assert len(cut.body) < int(cut.headers["content-length"])
        assert len(whole.body) == int(whole.headers["content-length"])


def test_a_spool_file_that_cannot_be_read_is_no_lost_answer(tmp_path: Path) -> None:
    file = tmp_path / "spool"
    file.write_bytes(BODY)
    body = Body(file)
    file.unlink()
    with serving(None) as server, pytest.raises(FileNotFoundError):
        send(Uploader(server.api), Parcel(b"", body, 0))


def test_a_connection_that_drops_after_the_body_means_nobody_knows() -> None:
    """libcurl would send a POST on a reused connection again, and Gmail would store it twice."""
    with serving(answer(), None, answer()) as server:
        uploader = Uploader(server.api)
        send(uploader)
        with pytest.raises(OutcomeUnknown):
            send(uploader)
        assert len(server.requests) == 2
        assert server.connections == 1
        # The handle is good for the next message.
        assert send(uploader).gmail_id == "m1"


def test_so_it_is_on_a_fresh_connection() -> None:
    with serving(None) as server:
        with pytest.raises(OutcomeUnknown):
            send(Uploader(server.api))
        assert len(server.requests) == 1


def test_a_server_that_is_not_there_has_not_seen_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NotSent):
        send(Uploader(f"http://127.0.0.1:{port}"))


@pytest.mark.parametrize(
    "said",
    [
        answer()[:-10] + b"",
        answer(200, b""),
        answer(200, b'{"id": "m1"'),
        answer(200, b'{"id": "m1"}'),
        answer(200, b"<html>hello</html>"),
        answer(200, b"[]"),
        answer(204, b""),
        answer(500, b""),
        answer(503, b"<html>"),
        b"HTTP/1.1 200 OK\r\nConte",
        b"\x16\x03garbage\r\n\r\n",
    ],
)
def test_an_answer_that_cannot_be_read_means_nobody_knows(said: bytes) -> None:
    with serving(said.replace(b"X\r\n", b"X\r\nConnection: close\r\n") + b"") as server:
        uploader = Uploader(server.api, timeout=1)
        with pytest.raises(OutcomeUnknown):
            send(uploader)
        assert len(server.requests) == 1


def test_no_answer_in_time_means_nobody_knows() -> None:
    with serving(b"") as server, pytest.raises(OutcomeUnknown):
        send(Uploader(server.api, timeout=1))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with serving(answer()) as elsewhere:
        location = f"Location: {elsewhere.api}/\r\n".encode()
        with serving(answer(status, b"", location)) as server:
            with pytest.raises(Exception) as caught:
                send(Uploader(server.api))
            assert "secret-token" not in str(caught.value)
        assert elsewhere.requests == []


def test_refusals_are_read_from_the_body() -> None:
    label = json.dumps({"error": {"code": 400, "message": "Invalid label: SENT"}}).encode()
    with serving(answer(400, label), answer(401, b"")) as server:
        uploader = Uploader(server.api)
        with pytest.raises(LabelRefused) as caught:
            send(uploader)
        assert caught.value.label == "SENT"
        with pytest.raises(TokenExpired):
            send(uploader)


def test_a_connection_is_used_by_whichever_thread_needs_one() -> None:
    """Not each thread its own: with what it trusts, one takes a megabyte."""
    with serving(answer(), answer(), answer()) as server:
        uploader = Uploader(server.api)
        for _ in range(3):
            thread = threading.Thread(target=send, args=[uploader])
            thread.start()
            thread.join()
        assert (len(server.requests), server.connections) == (3, 1)
        with uploader._handle() as mine, uploader._handle() as other:
            assert other is not mine
