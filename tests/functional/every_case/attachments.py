"""Of attachments that Gmail refuses (https://support.google.com/mail/answer/6590), or does not."""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile
import zipfile
from base64 import encodebytes
from collections.abc import Iterator, Mapping

from .case import Case, letter, refused


def attachments() -> Iterator[Case]:
    exe, text = {"setup.exe": b"MZ" * 50}, {"report.pdf": b"%PDF-1.4 " * 50}
    bad = {
        "exe": ('filename="setup.exe"', b"MZ"),
        "js": ('filename="invoice.pdf.js"', b"alert(1)"),
        "zip": ('filename="tools.zip"', zipped(exe)),
        "zip-later": ('filename="tools.zip"', zipped(text | exe)),
        "tgz": ('filename="tools.tgz"', tarred(exe)),
        "gz": ('filename="setup.exe.gz"', gzip.compress(b"MZ", mtime=0)),
        "bz2": ('filename="setup.exe.bz2"', bz2.compress(b"MZ")),
        "zip-in-zip": ('filename="outer.zip"', zipped({"inner.zip": zipped(exe)})),
        "exe-in-gz-in-zip": ('filename="o.zip"', zipped({"setup.exe.gz": gzip.compress(b"MZ")})),
        "rfc-2231": ("filename*=utf-8''%E8%A8%AD%E5%AE%9A%2Eexe", b"MZ"),
        "encoded-word": ('filename="=?utf-8?B?6Kit5a6aLmV4ZQ==?="', b"MZ"),
        "continued": ('filename*0="setup."; filename*1="exe"', b"MZ"),
        "upper": ('filename="SETUP.EXE"', b"MZ"),
    }
    for name, (parameter, content) in bad.items():
        raw = attached(f"blocked-{name}", parameter, content)
        yield refused(f"blocked-{name}", raw, "gmail-attachment", "attachment-blocked")
    taken = {
        "pdf": ('filename="report.pdf"', b"%PDF"),
        "zip": ('filename="reports.zip"', zipped(text)),
        "tgz": ('filename="reports.tgz"', tarred(text)),
        "txt-exe": ('filename="setup.exe.txt"', b"MZ"),
        "nameless": ("", b"MZ"),
    }
    for name, (parameter, content) in taken.items():
        yield Case(f"attached-{name}", attached(f"attached-{name}", parameter, content))
    unsure = {
        "broken-zip": ('filename="broken.zip"', zipped(exe)[:20]),
        "not-a-zip": ('filename="letter.zip"', b"this is text"),
        "7z": ('filename="tools.7z"', b"7z\xbc\xaf\x27\x1c"),
    }
    for name, (parameter, content) in unsure.items():
        raw = attached(f"unsure-{name}", parameter, content)
        yield Case(f"unsure-{name}", raw, verdict="attachment-archive")


def attached(name: str, parameter: str, content: bytes) -> bytes:
    encoded = encodebytes(content).replace(b"\n", b"\r\n")
    disposition = f"attachment; {parameter}".rstrip("; ").encode()
    body = (
        b"--b\r\nContent-Type: text/plain\r\n\r\nSee attachment.\r\n--b\r\n"
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: " + disposition + b"\r\n\r\n" + encoded + b"--b--\r\n"
    )
    kind = 'multipart/mixed; boundary="b"'
    return letter(name, body, MIME_Version="1.0", Content_Type=kind)


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def tarred(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()
