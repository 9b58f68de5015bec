"""Messages with attachments and archives to try Gmail's rules on."""

from __future__ import annotations

import bz2
import gzip
import tarfile
import zipfile
from base64 import encodebytes
from io import BytesIO
from typing import Any

from tests.contracts.gmail import message

FROM, DATE = "From: Anna <anna@example.com>", "Date: Fri, 21 Nov 1997 09:55:06 -0600"
TAR_MODES = {".tar": "w", ".tgz": "w:gz", ".tar.gz": "w:gz", ".tbz2": "w:bz2", ".tar.bz2": "w:bz2"}


def with_part(*headers: str, body: bytes = b"x\r\n") -> bytes:
    """A message of a text and a part with these headers."""
    lines = ["--=_b", "Content-Type: text/plain", "", "Hello.", "--=_b", *headers, "", ""]
    start = "\r\n".join(lines).encode()
    kind = 'Content-Type: multipart/mixed; boundary="=_b"'
    return message(FROM, DATE, "MIME-Version: 1.0", kind, body=start + body + b"\r\n--=_b--\r\n")


def with_attachment(name: str, content: bytes) -> bytes:
    disposition = f'Content-Disposition: attachment; filename="{name}"'
    encoding = "Content-Transfer-Encoding: base64"
    return with_part(disposition, encoding, body=encodebytes(content).replace(b"\n", b"\r\n"))


def archived(case: dict[str, Any]) -> bytes:
    """The message of a case of `archives` in vectors/blocked_attachment.json."""
    name, content = case["name"], b"some content"
    for container in reversed(case["in"]):
        content = pack(container, name, content)
        name = container
    return with_attachment(name, encrypt(content) if case.get("encrypted") else content)


def pack(container: str, name: str, content: bytes) -> bytes:
    """One file in an archive whose kind the name `container` tells."""
    file, lower = BytesIO(), container.lower()
    if lower.endswith(".zip"):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
    elif mode := next((TAR_MODES[end] for end in TAR_MODES if lower.endswith(end)), None):
        with tarfile.open(fileobj=file, mode=mode) as tar:  # type: ignore[call-overload]
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, BytesIO(content))
    else:
        return gzip.compress(content) if lower.endswith(".gz") else bz2.compress(content)
    return file.getvalue()


def encrypt(archive: bytes) -> bytes:
    """A .zip of one file that says its content is encrypted (APPNOTE.TXT 4.4.4, bit 0)."""
    data, entry = bytearray(archive), archive.rindex(b"PK\1\2")
    data[6] |= 1
    data[entry + 8] |= 1
    return bytes(data)
