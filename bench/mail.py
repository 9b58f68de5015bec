"""The mail of the benches: seeded, so that each run copies the same; 20 KB in the mean.

Sizes are log-normal, as those of real mailboxes: most a few KB, some with attachments of hundreds.
"""

from __future__ import annotations

import random
from base64 import encodebytes
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

Seeded = tuple[bytes, list[str], datetime]
"""Bytes, flags, INTERNALDATE."""

FOLDERS = ("INBOX", "Sent", "Projects/Alpha", "Projects/Beta", "顧客/見積もり")
_START = datetime(2024, 1, 1, tzinfo=UTC)
_MEAN, _SIGMA, _LARGEST = 20_000, 1.0, 2_000_000


def mailbox(owner: str, count: int, seed: int = 1) -> dict[str, list[Seeded]]:
    """Folder → messages; a third of them are answers in conversations of three."""
    chance = random.Random(f"{owner} {seed}")
    found: dict[str, list[Seeded]] = {name: [] for name in FOLDERS}
    for number, message in enumerate(_messages(owner, count, chance)):
        found[FOLDERS[number // 3 % len(FOLDERS)]].append(message)
    return found


def _messages(owner: str, count: int, chance: random.Random) -> Iterator[Seeded]:
    noise = encodebytes(chance.randbytes(_LARGEST)).replace(b"\n", b"\r\n")
    scale = _MEAN / 2.718281828 ** (_SIGMA**2 / 2)
    for number in range(count):
        when = _START + timedelta(minutes=7 * number)
        root = number - number % 3
        answer = f"References: <{root}.{owner}>\r\n" if number % 3 else ""
        head = (
            f"From: Anna <anna{number % 97}@example.com>\r\nTo: {owner}\r\n"
            f"Subject: Matter {root}\r\nDate: {format_datetime(when)}\r\n"
            f"Message-ID: <{number}.{owner}>\r\n{answer}"
            "MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
        ).encode()
        size = min(int(chance.lognormvariate(0, _SIGMA) * scale), _LARGEST)
        begin = chance.randrange(0, len(noise) - size, 78) if size < len(noise) - 78 else 0
        yield head + noise[begin : begin + size] + b"\r\n", ["\\Seen"] if number % 4 else [], when
