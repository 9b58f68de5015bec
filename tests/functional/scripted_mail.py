"""The scripted server with three messages, over TLS: for whole runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .certificate import Certificate
from .memory_source import mail
from .scripted_imap import ScriptedImap, body, literal, scripted_imap

MAIL = {uid: mail(uid).raw for uid in (1, 2, 3)}


@contextmanager
def serving_mail(certificate: Certificate) -> Iterator[ScriptedImap]:
    """Three messages; what they claim to be long is nonsense."""
    with scripted_imap(certificate, implicit_tls=True) as scripted:
        scripted.examined = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n"
        sizes = {1: b"0", 2: b"99999999999999999999", 3: b"-1"}
        for uid, raw in MAIL.items():
            header, _, _ = raw.partition(b"\r\n\r\n")
            scripted.mail[uid] = (
                b"FLAGS () RFC822.SIZE %s BODY[HEADER.FIELDS (X)] " % sizes[uid]
                + literal(header + b"\r\n\r\n")
                + b" "
                + body(raw)
            )
        yield scripted
