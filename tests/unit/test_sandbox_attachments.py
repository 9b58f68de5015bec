"""Blocked attachments: any bytes, hostile archives, the structure of a message."""

from __future__ import annotations

import bz2
import random
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from email import message_from_bytes
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.sandbox.mailbox.attachments import BLOCKED, refused
from migrate.sandbox.mailbox.parts import MAX_PARTS, parts
from tests.contracts.archives import archived, pack, with_attachment, with_part
from tests.unit.mail import vectors

MEMORY = 8 * 1024 * 1024
LINES = st.sampled_from(
    [
        *(b"--a", b"--a--", b"--b", b"--b--", b"", b" ", b"text", b"\0\xff"),
        *(b"Content-Type: multipart/mixed; boundary=a", b"Content-Type: multipart/x; boundary=b"),
        *(b"Content-Type: message/rfc822", b"Content-Disposition: x; filename*0*=utf-9'%;"),
        *(b"Content-Type: a/b; name=x.zip", b"Content-Transfer-Encoding: base64"),
    ]
)


def is_refused(mail: bytes) -> bool:
    return refused(memoryview(mail))


def bodies(mail: bytes) -> list[bytes]:
    return [bytes(body) for _, body in parts(memoryview(mail))]


def test_the_extensions_are_those_of_the_vectors() -> None:
    assert set(vectors("blocked_attachment", "extensions")) == BLOCKED


@given(st.lists(LINES, max_size=40), st.sampled_from([b"\r\n", b"\n"]))
def test_any_structure_can_be_read(lines: list[bytes], end: bytes) -> None:
    data = memoryview(end.join(lines))
    refused(data)
    assert sum(len(body) for _, body in parts(data)) <= len(data)


@given(st.binary(max_size=300), st.sampled_from(["a.zip", "a.tar", "a.tgz", "a.gz", "a.bz2"]))
def test_any_archive_can_be_read(content: bytes, name: str) -> None:
    assert not is_refused(with_attachment(name, content))


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tgz", "a.tar.bz2"])
def test_a_cut_archive_is_no_reason_to_refuse(name: str, cut: float) -> None:
    whole = pack(name, "a.txt", random.Random(1).randbytes(50_000))
    assert not is_refused(with_attachment(name, whole[: int(len(whole) * cut)]))


def test_parts_are_those_of_email() -> None:
    inner = with_attachment("a.bin", random.Random(1).randbytes(200)).replace(b"=_b", b"=_i")
    mail = with_part("Content-Type: message/rfc822", body=inner)
    leaves = [part for part in message_from_bytes(mail).walk() if not part.is_multipart()]
    read = [body.rstrip() for body in bodies(mail) if body.strip()]
    assert read == [part.get_payload().rstrip().encode() for part in leaves]  # type: ignore[union-attr]


def test_nested_containers_and_what_follows_them() -> None:
    inner = with_attachment("in.txt", b"x").replace(b"=_b", b"=_i")
    forwarded = with_part("Content-Type: message/rfc822", body=inner)
    after = forwarded.replace(
        b"--=_b--", b'--=_b\r\nContent-Type: a/b; name="a.exe"\r\n\r\n--=_b--'
    )
    assert not is_refused(forwarded)
    assert is_refused(after)
    assert is_refused(forwarded.replace(b"in.txt", b"in.scr"))


@pytest.mark.parametrize(
    "text",
    [
        b'Hello\r\n\r\nContent-Disposition: attachment; filename="a.exe"\r\n',
        b'--other\r\nContent-Disposition: attachment; filename="a.exe"\r\n',
    ],
)
def test_text_that_looks_like_an_attachment(text: bytes) -> None:
    assert not is_refused(b"From: a@example.com\r\n\r\n" + text)
    assert not is_refused(with_part("Content-Type: text/plain", body=text))
    assert not is_refused(with_part("Content-Type: text/plain") + b"\r\n--=_b\r\n" + text)


def test_unusual_line_ends_and_boundaries() -> None:
    mail = with_attachment("a.exe", b"x")
    assert is_refused(mail.replace(b"\r\n", b"\n"))
    assert is_refused(mail.replace(b'"=_b"', b"=_b"))
    assert is_refused(mail.replace(b"--=_b\r\n", b"--=_b \t\r\n"))
    assert not is_refused(mail.replace(b'"=_b"', b'""'))


def test_encodings_of_an_archive() -> None:
    archive = pack("a.zip", "a.exe", b"x")
    named = 'Content-Type: application/zip; name="a.zip"'
    assert is_refused(with_part(named, body=archive))
    quoted = b"".join(b"=%02X" % byte for byte in archive)
    encoding = "Content-Transfer-Encoding: quoted-printable"
    assert is_refused(with_part(named, encoding, body=quoted))


def test_a_large_zip_is_read_at_its_end() -> None:
    members = {"a.bin": random.Random(1).randbytes(5_000_000), "a.exe": b"x"}
    archive = zip_of(members, zipfile.ZIP_STORED)
    for padding in (b"", b"-", b"--"):  # base64 ends with two, one or no `=`
        assert is_refused(with_attachment("a.zip", padding + archive))


def tar(mode: str, size: int) -> bytes:
    file, info = BytesIO(), tarfile.TarInfo("a.bin")
    info.size = size
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        archive.addfile(info, BytesIO(bytes(size)))
    return file.getvalue()


def zip_of(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tar_header(kind: bytes, size: int) -> bytes:
    info = tarfile.TarInfo("a.bin")
    info.type, info.size = kind, size
    return info.tobuf()


BOMBS: dict[str, Callable[[], bytes]] = {
    "large.tgz": lambda: tar("w:gz", 60_000_000),
    "large.tbz2": lambda: tar("w:bz2", 60_000_000),
    "large.zip": lambda: zip_of({"a.zip": bytes(60_000_000)}),
    "deep.zip": lambda: zip_of({"b.zip": zip_of({"c.tgz": tar("w:gz", 60_000_000)})}),
    "lzma.zip": lambda: zip_of({"a.zip": bytes(60_000_000)}, zipfile.ZIP_LZMA),
    "bzip2.zip": lambda: zip_of({"a.zip": bytes(60_000_000)}, zipfile.ZIP_BZIP2),
    "many.zip": lambda: zip_of({f"{number}": b"" for number in range(20_000)}),
    "claims.tar": lambda: tar_header(tarfile.REGTYPE, 8**11 - 1) + bytes(2000),
    "extended.tar": lambda: tar_header(tarfile.XHDTYPE, 8**11 - 1) + bytes(2000),
    "chain.tar": lambda: tar_header(tarfile.XHDTYPE, 0) * 5000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_cost_little_memory(name: str) -> None:
    data = memoryview(with_attachment(name, BOMBS[name]()))
    tracemalloc.start()
    try:
        assert not refused(data)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def test_many_bombs_are_unpacked_only_so_far() -> None:
    """The last archive holds what would be refused, after more than is unpacked for a message."""
    last = pack("1.tgz", "a.exe", b"x")
    assert is_refused(with_attachment("a.zip", zip_of({"0.tgz": b"", "1.tgz": last})))
    bomb = zip_of({"0.tgz": tar("w:gz", 20_000_000), "1.tgz": last})
    assert not is_refused(with_attachment("a.zip", bomb))


def test_a_broken_member_does_not_hide_the_next() -> None:
    members = {"0.zip": b"broken", "1.tbz2": bz2.compress(b"x")[:5], "2.exe": b"x"}
    assert is_refused(with_attachment("a.zip", zip_of(members)))


def test_archives_in_archives_end_somewhere() -> None:
    names = [f"{number}.zip" for number in range(3)]
    assert is_refused(archived({"name": "a.exe", "in": names}))
    assert not is_refused(archived({"name": "a.exe", "in": [*names, "3.zip", "4.zip"]}))


def test_only_so_many_parts() -> None:
    many = b"Content-Type: multipart/mixed; boundary=a\r\n" + b"\r\n--a\r\n\r\nx" * (MAX_PARTS + 5)
    assert len(bodies(many)) == MAX_PARTS
