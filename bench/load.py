"""A load generator for import: threads with one pycurl handle each, as `migrate.gmail.upload` has.

`run` sends `count` messages of `size` bytes over `threads` kept-alive connections, to `users`
mailboxes in turn, and tells how long it took and what was answered.
"""

from __future__ import annotations

import itertools
import json
import secrets
import ssl
import threading
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import pycurl
from google.auth import crypt, jwt

SCOPE = "https://mail.google.com/"
IMPORT = "/upload/gmail/v1/users/me/messages/import?uploadType=multipart&neverMarkSpam=true"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class Target:
    url: str
    key_file: Path
    ca_file: Path | None


@dataclass(frozen=True, slots=True)
class Result:
    seconds: float
    statuses: Counter[int]

    def rate(self) -> float:
        """Messages a second."""
        return self.statuses.total() / self.seconds


def token(target: Target, user: str) -> str:
    """An access token of the sandbox for `user`."""
    key = json.loads(target.key_file.read_text())
    now = int(time.time())
    claims = {"iss": key["client_email"], "sub": user, "scope": SCOPE, "iat": now}
    claims |= {"aud": "https://oauth2.googleapis.com/token", "exp": now + 3600}
    signer = crypt.RSASigner.from_service_account_info(key)  # type: ignore[no-untyped-call]
    assertion = jwt.encode(signer, claims).decode()  # type: ignore[no-untyped-call]
    form = urlencode({"grant_type": GRANT, "assertion": assertion}).encode()
    trust = ssl.create_default_context(cafile=target.ca_file) if target.ca_file else None
    with urllib.request.urlopen(f"{target.url}/token", form, context=trust) as answer:
        return str(json.load(answer)["access_token"])


def message(number: int, size: int, run: str) -> bytes:
    """One message of about `size` bytes with a Message-ID of its own."""
    head = (
        f"From: Anna <anna{number % 97}@example.com>\r\nTo: owner@example.org\r\n"
        f"Subject: Message {number}\r\nDate: Fri, 21 Nov 2025 09:55:06 +0900\r\n"
        f"Message-ID: <{run}.{number}@bench.example.com>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    ).encode()
    line = b"The quick brown fox jumps over the lazy dog, again and again and again.\r\n"
    return head + (line * (size // len(line) + 1))[: max(0, size - len(head))]


def run(target: Target, count: int, size: int, threads: int = 8, users: int = 8) -> Result:
    """Send the messages; the time is from the first to the last answer."""
    tokens = [token(target, f"user{each}@example.org") for each in range(users)]
    name, numbers, lock = secrets.token_hex(4), itertools.count(), threading.Lock()
    statuses: Counter[int] = Counter()
    envelope = (
        b"--b\r\nContent-Type: application/json\r\n\r\n{}\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\n"
    )

    def work() -> None:
        mine: Counter[int] = Counter()
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, target.url + IMPORT)
        curl.setopt(pycurl.POST, 1)
        curl.setopt(pycurl.NOSIGNAL, 1)
        if target.ca_file:
            curl.setopt(pycurl.CAINFO, str(target.ca_file))
        while (number := next(numbers)) < count:
            body = b"".join((envelope, message(number, size, name), b"\r\n--b--\r\n"))
            answer = BytesIO()
            curl.setopt(
                pycurl.HTTPHEADER,
                [
                    f"Authorization: Bearer {tokens[number % users]}",
                    "Content-Type: multipart/related; boundary=b",
                    "Expect:",
                ],
            )
            curl.setopt(pycurl.POSTFIELDS, body)
            curl.setopt(pycurl.WRITEDATA, answer)
            curl.perform()
            mine[curl.getinfo(pycurl.RESPONSE_CODE)] += 1
        curl.close()
        with lock:
            statuses.update(mine)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    begun = time.perf_counter()
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    return Result(time.perf_counter() - begun, statuses)
