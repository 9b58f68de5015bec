"""One connection: the commands that a reading client needs (RFC 9051), by the rules."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from imapclient.imap_utf7 import decode, encode

from tests.crash.imap.store import Box, Message

if TYPE_CHECKING:
    from tests.crash.imap.server import User

_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\S+)')
_FIELDS = re.compile(rb"BODY\.PEEK\[HEADER\.FIELDS \(([^)]*)\)\]", re.IGNORECASE)


class Gone(Exception):
    """The connection is over."""


class No(Exception):
    """The answer is NO with these words."""


class Session:
    def __init__(
        self, connection: ssl.SSLSocket, users: Mapping[str, User], capabilities: str
    ) -> None:
        self._connection, self._stream = connection, connection.makefile("rb")
        self._users, self._capabilities = users, capabilities.encode()
        self._user: User | None = None
        self._box: Box | None = None

    def run(self) -> None:
        """Until the client, or a rule, ends it."""
        self._say(b"* OK ready")
        while line := self._stream.readline().rstrip(b"\r\n"):
            tag, _, rest = line.partition(b" ")
            word, _, arguments = rest.partition(b" ")
            word = word.upper()
            if word == b"LOGOUT":
                self._say(b"* BYE bye", tag + b" OK bye")
                return
            try:
                self._answer(tag, word, arguments)
            except Gone:
                return
            except No as refusal:
                self._say(b"%s NO %s" % (tag, str(refusal).encode()))

    def _answer(self, tag: bytes, word: bytes, arguments: bytes) -> None:
        if word == b"UID":
            word, _, arguments = arguments.partition(b" ")
            word = word.upper()
        if self._user is None and word not in (b"CAPABILITY", b"LOGIN", b"NOOP"):
            raise No("log in first")
        commands: Mapping[bytes, Callable[[bytes], None]] = {
            b"CAPABILITY": lambda _: self._say(b"* CAPABILITY " + self._capabilities),
            b"LOGIN": self._log_in,
            b"NOOP": lambda _: None,
            b"LIST": self._list,
            b"EXAMINE": self._examine,
            b"FETCH": self._fetch,
            b"SEARCH": self._search,
        }
        if self._user is not None:
            self._user.commands += 1
            self._struck(self._kind(word, arguments))
        if word not in commands:
            self._say(tag + b" BAD not known here")
            return
        commands[word](arguments)
        self._say(tag + b" OK done")

    @staticmethod
    def _kind(word: bytes, arguments: bytes) -> str:
        fetch = word == b"FETCH" and b"BODY.PEEK[]" not in arguments.upper()
        return "SCAN" if fetch else word.decode()

    def _struck(self, what: str, literal: bytes = b"") -> None:
        """Do what the rules say of this event. Gone, No."""
        assert self._user is not None
        for rule in self._user.struck(what):
            time.sleep(rule.delay)
            if rule.does == "change":
                assert rule.change is not None
                rule.change(self._user.store)
            elif rule.does == "refuse":
                raise No("[UNAVAILABLE] come back later")
            elif rule.does == "cut":
                self._connection.sendall(literal[: len(literal) // 2] or b"* ")
                raise Gone
            elif rule.does == "close":
                raise Gone

    def _log_in(self, arguments: bytes) -> None:
        name, password = (each.decode() for each in _strings(arguments))
        user = self._users.get(name)
        if user is None or user.password != password:
            raise No("[AUTHENTICATIONFAILED] not you")
        self._user = user
        try:
            self._struck("LOGIN")
        except No:
            self._user = None
            raise

    def _list(self, _: bytes) -> None:
        for box in self._boxes():
            self._say(b'* LIST (\\HasNoChildren) "/" ' + _quoted(box.name))

    def _examine(self, arguments: bytes) -> None:
        name = decode(_strings(arguments)[0])
        self._box = next((each for each in self._boxes() if each.name == name), None)
        if self._box is None:
            raise No("[NONEXISTENT] no such mailbox")
        self._say(
            b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)",
            b"* %d EXISTS" % len(self._box.mail),
            b"* 0 RECENT",
            b"* OK [UIDVALIDITY %d] valid" % self._box.uidvalidity,
            b"* OK [UIDNEXT %d] next" % self._box.uidnext,
        )

    def _search(self, arguments: bytes) -> None:
        """Whatever the criteria are: all. Only asked where a listing was not complete."""
        uids = b" ".join(b"%d" % uid for uid in self._opened().mail)
        self._say(b"* SEARCH " + uids)

    def _fetch(self, arguments: bytes) -> None:
        uids, _, names = arguments.partition(b" ")
        bodies = b"BODY.PEEK[]" in names.upper()
        for place, uid in enumerate(list(self._opened().mail), 1):
            if not _within(uid, uids):
                continue
            # What a rule did to the folder meanwhile shows at once.
            message = self._opened().mail.get(uid)
            if message is None:
                continue
            answer = b"* %d FETCH (%s)\r\n" % (place, b" ".join(self._items(uid, message, names)))
            if bodies:
                self._struck("BODY", answer)
                if uid not in self._opened().mail:
                    continue
            self._connection.sendall(answer)

    def _items(self, uid: int, message: Message, names: bytes) -> Iterator[bytes]:
        assert self._user is not None
        header = message.raw.partition(b"\r\n\r\n")[0]
        if fields := _FIELDS.search(names):
            wanted = fields[1].upper().split()
            yield b"BODY[HEADER.FIELDS (%s)] %s" % (fields[1], _literal(_chosen(header, wanted)))
            names = _FIELDS.sub(b"", names)
        for name in names.replace(b"(", b" ").replace(b")", b" ").upper().split():
            if name == b"UID":
                yield b"UID %d" % uid
            elif name == b"FLAGS":
                yield b"FLAGS (%s)" % b" ".join(sorted(f.encode() for f in message.flags))
            elif name == b"INTERNALDATE":
                yield message.when.strftime('INTERNALDATE "%d-%b-%Y %H:%M:%S %z"').encode()
            elif name == b"RFC822.SIZE":
                yield b"RFC822.SIZE %d" % self._user.store.size(len(message.raw))
            elif name == b"EMAILID":  # RFC 8474: equal for equal bytes; with OBJECTID alone
                yield b"EMAILID (M%s)" % sha256(message.raw).hexdigest().encode()
            elif name == b"BODY.PEEK[]":
                yield b"BODY[] " + _literal(message.raw)

    def _boxes(self) -> list[Box]:
        assert self._user is not None
        with self._user.store.lock:
            return list(self._user.store.boxes.values())

    def _opened(self) -> Box:
        if self._box is None:
            raise No("[CLIENTBUG] nothing is open")
        if self._box.stale:
            self._say(b"* BYE the mailbox was made anew")
            raise Gone
        return self._box

    def _say(self, *lines: bytes) -> None:
        self._connection.sendall(b"".join(line + b"\r\n" for line in lines))


def _strings(arguments: bytes) -> list[bytes]:
    return [
        atom or re.sub(rb"\\(.)", rb"\1", quoted) for quoted, atom in _STRING.findall(arguments)
    ]


def _quoted(name: str) -> bytes:
    return b'"' + re.sub(rb'(["\\])', rb"\\\1", encode(name)) + b'"'


def _literal(data: bytes) -> bytes:
    return b"{%d}\r\n%s" % (len(data), data)


def _within(uid: int, uids: bytes) -> bool:
    for each in uids.split(b","):
        first, _, last = each.partition(b":")
        if int(first) <= uid and (
            uid == int(first) if not last else last == b"*" or uid <= int(last)
        ):
            return True
    return False


def _chosen(header: bytes, wanted: list[bytes]) -> bytes:
    """The wanted fields, and the empty line (RFC 9051 6.4.5)."""
    lines = [each + b"\r\n" for each in re.split(rb"\r\n(?![ \t])", header)]
    kept = [each for each in lines if each.partition(b":")[0].strip().upper() in wanted]
    return b"".join(kept) + b"\r\n"
