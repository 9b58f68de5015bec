"""The verdict from all bytes: Gmail's rules by the shared vectors, hostile mail, bounded memory."""

from __future__ import annotations

import gzip
import random
import struct
import tarfile
import tracemalloc
import zipfile
from base64 import encodebytes
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.body import Body
from migrate.message import (
    UPLOAD_LIMIT,
    Header,
    Prediction,
    content,
    examine,
    look,
    predict,
    prepare,
)
from migrate.message.look import DEPTH
from migrate.sandbox.mailbox.attachments import refused
from tests.contracts.archives import archived, pack, with_attachment, with_part
from tests.unit.mail import vectors
from tests.unit.test_sandbox_attachments import BOMBS, LINES, tar, tar_header, zip_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)
FIELDS = b"From: a@x.example\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\nMessage-ID: <1@x>\r\n"
MEMORY = 12 * 1024 * 1024
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def examined(data: bytes | Path, mend: bool = False) -> tuple[Prediction, ...]:
    return examine(Body(data), internal_date=NOW, now=NOW, mend_from=mend)


def verdicts(data: bytes | Path) -> dict[str, bool]:
    return {each.verdict: each.certain for each in examined(data)}


@pytest.mark.parametrize(
    "case", vectors("blocked_attachment"), ids=lambda c: "|".join(c["headers"])
)
def test_name_vectors(case: dict[str, Any]) -> None:
    found = verdicts(with_part(*case["headers"]))
    assert ("attachment-blocked" in found) is case["refused"]
    if case["certain"]:
        assert found.get("attachment-blocked", True)


@pytest.mark.parametrize(
    "case", vectors("blocked_attachment", "archives"), ids=lambda c: "/".join([*c["in"], c["name"]])
)
def test_archive_vectors(case: dict[str, Any]) -> None:
    found = verdicts(archived(case))
    assert found.get("attachment-blocked") == (case["certain"] if case["refused"] else None)
    assert "attachment-archive" not in found, "it can be looked into"


@pytest.mark.parametrize("extension", vectors("blocked_attachment", "extensions"))
def test_extension_vectors(extension: str) -> None:
    assert verdicts(with_attachment(f"file{extension}", b"x"))["attachment-blocked"]


def test_the_order_is_that_of_predict() -> None:
    mail = with_attachment("a.zip", b"broken").replace(b"From: ", b"X-From: ", 1)
    header = Header.parse(content(Body(mail))[0])
    short = predict(header, size=9, internal_date=NOW, now=NOW, attachments=["a.zip"])
    assert examined(mail) == short
    assert short[0].verdict == "from-missing"
    assert "from-repaired" in {each.verdict for each in examined(mail, mend=True)}


def test_an_empty_message_and_one_byte() -> None:
    assert examined(b"")[0] == Prediction("empty", certain=True, refuses=True)
    assert examined(b"x")[0] == Prediction("from-missing", certain=True, refuses=True)
    assert not any(each.refuses for each in examined(b"", mend=True))


def large(tmp_path: Path, size: int, head: bytes) -> Path:
    file = tmp_path / "large.eml"
    file.write_bytes(head)
    with file.open("r+b") as stream:
        stream.truncate(size)
    return file


def test_the_size_is_that_after_repairs(tmp_path: Path) -> None:
    good = FIELDS + b"\r\n"
    assert verdicts(large(tmp_path, UPLOAD_LIMIT, good)) == {"accepted": False}
    assert verdicts(large(tmp_path, UPLOAD_LIMIT + 1, good)) == {"oversize": True}
    lacking = good.replace(b"Message-ID: <1@x>\r\n", b"")
    raw = Header.parse(lacking)
    new = prepare(raw, digest="f" * 64, internal_date=NOW, now=NOW).header
    limit = UPLOAD_LIMIT - len(new) + len(lacking)
    assert "oversize" not in verdicts(large(tmp_path, limit, lacking))
    assert "oversize" in verdicts(large(tmp_path, limit + 1, lacking))


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda data: FIELDS + data))
def test_any_bytes(data: bytes) -> None:
    assert examined(data)


@given(st.lists(LINES, max_size=40), st.sampled_from([b"\r\n", b"\n", b"\r"]))
def test_any_structure(lines: list[bytes], end: bytes) -> None:
    examined(end.join(lines))


@given(
    st.binary(max_size=300),
    st.sampled_from(["a.zip", "a.tar", "a.tgz", "a.gz", "a.bz2", "a.tbz"]),
    st.sampled_from([b"base64", b"quoted-printable", b"7bit", b"x-uuencode", b"", b"BASE64 "]),
)
def test_any_archive_in_any_encoding(data: bytes, name: str, encoding: bytes) -> None:
    for mail in (
        with_attachment(name, data),
        with_attachment(name, data).replace(b": base64", b": " + encoding),
        with_part(f"Content-Type: a/b; name={name}", body=data),
    ):
        assert not any(each.refuses for each in examined(mail))


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.8])
@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tgz", "a.tar.bz2"])
def test_a_cut_archive_is_possible_only(name: str, cut: float) -> None:
    whole = pack(name, "a.txt", random.Random(1).randbytes(50_000))
    found = verdicts(with_attachment(name, whole[: int(len(whole) * cut)]))
    assert found == {"attachment-archive": False, "accepted": False}


@pytest.mark.parametrize("name", ["a.7z", "a.rar", "a.lzh"])
def test_archives_that_nobody_opens_here(name: str) -> None:
    assert verdicts(with_attachment(name, b"x"))["attachment-archive"] is False
    held = pack("a.zip", name, b"x")
    assert verdicts(with_attachment("a.zip", held))["attachment-archive"] is False


def nested(levels: int, mail: bytes) -> bytes:
    for level in range(levels):
        boundary = b"b%d" % level
        head = b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n--%s\r\n" % (boundary, boundary)
        mail = head + mail + b"\r\n--" + boundary + b"--\r\n"
    return FIELDS + mail


def test_150_levels() -> None:
    leaf = b'Content-Disposition: attachment; filename="a.exe"\r\n\r\nx'
    assert verdicts(nested(10, leaf))["attachment-blocked"] is True
    assert verdicts(nested(150, leaf))["attachment-blocked"] is False
    assert verdicts(nested(150, b"\r\nHello"))["accepted"] is False
    assert verdicts(nested(1500, leaf)) == {"accepted": False}


def test_messages_in_messages() -> None:
    inner = with_attachment("a.exe", b"x").replace(b"=_b", b"=_i")
    forwarded = with_part("Content-Type: message/rfc822", body=inner)
    assert verdicts(forwarded)["attachment-blocked"]
    for _ in range(150):
        forwarded = b"Content-Type: message/rfc822\r\n\r\n" + forwarded
    assert verdicts(FIELDS + forwarded)["attachment-blocked"]
    assert verdicts(forwarded[: len(forwarded) // 2])


@pytest.mark.parametrize(
    "change",
    [
        (b"\r\n", b"\n"),
        (b"\r\n", b"\r"),
        (b"\r\n", b"\r\r\n"),
        (b'"=_b"', b"=_b"),
        (b"--=_b\r\n", b"--=_b \t\r\n"),
        (b"--=_b--\r\n", b""),
        (b"Content-Disposition: attachment;", b"CONTENT-DISPOSITION :\r\n\tInline ;"),
        (b"\r\nContent-Type: text/plain\r\n\r\nHello.", b""),
    ],
)
def test_sloppy_structure(change: tuple[bytes, bytes]) -> None:
    mail = with_attachment("a.exe", b"x")
    assert change[0] in mail
    assert verdicts(mail.replace(*change))["attachment-blocked"]


@pytest.mark.parametrize(
    "text",
    [
        b'Hello\r\n\r\nContent-Disposition: attachment; filename="a.exe"\r\n',
        b'--other\r\nContent-Disposition: attachment; filename="a.exe"\r\n\r\n',
    ],
)
def test_text_that_looks_like_an_attachment(text: bytes) -> None:
    for mail in (FIELDS + b"\r\n" + text, with_part("Content-Type: text/plain", body=text)):
        assert "attachment-blocked" not in verdicts(mail)
    whole = with_part("Content-Type: text/plain")
    assert "attachment-blocked" not in verdicts(whole + b"\r\n--=_b\r\n" + text)


def test_where_a_header_is_cut_short_by_a_delimiter() -> None:
    name = b"Content-Disposition: attachment; filename="
    forwarded = b"Content-Type: message/rfc822\r\n" + name + b"a.txt\r\n"
    part = forwarded + b"--=_b\r\n" + name + b"a.exe\r\n"
    mail = with_part("Content-Type: text/plain", body=b"x\r\n--=_b\r\n" + part)
    assert verdicts(mail)["attachment-blocked"]


def test_a_header_of_200_kilobytes_hides_nothing() -> None:
    long = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 70) for number in range(2500))
    mail = with_attachment("a.exe", b"x")
    assert verdicts(long + mail)["attachment-blocked"]
    assert verdicts(FIELDS + b"Content-Type: message/rfc822\r\n\r\n" + long + mail)[
        "attachment-blocked"
    ]


def encoded(archive: bytes, encoding: str, body: bytes) -> dict[str, bool]:
    header = 'Content-Type: application/zip; name="a.zip"'
    return verdicts(with_part(header, f"Content-Transfer-Encoding: {encoding}", body=body))


def test_transfer_encodings() -> None:
    archive = zip_of({"a.bin": random.Random(1).randbytes(400_000), "a.exe": b"x"})
    base64 = encodebytes(archive)
    dirty = base64.replace(b"\n", b" -!\0\xff\r\n")
    quoted = b"".join(b"=%02x" % byte for byte in archive)
    soft = b"=\r\n".join(quoted[at : at + 75] for at in range(0, len(quoted), 75))
    for encoding, body in [
        ("base64", base64),
        ("BASE64", base64.replace(b"\n", b"")),
        ("base64", dirty),
        ("base64", base64.rstrip(b"=\n")),
        ("base64", base64 + b"\r\n-- \r\nA signature of the mailing list"),
        ("quoted-printable", quoted),
        ("Quoted-Printable", soft),
        ("binary", archive),
    ]:
        if encoding != "base64" or b"signature" not in body or base64.rstrip().endswith(b"="):
            assert encoded(archive, encoding, body)["attachment-blocked"], (encoding, body[:40])


def test_a_broken_member_does_not_hide_the_next() -> None:
    members = {"0.zip": b"broken", "1.tbz2": b"BZh9", "2.exe": b"x"}
    assert verdicts(with_attachment("a.zip", zip_of(members)))["attachment-blocked"]


def test_archives_in_archives_end_somewhere() -> None:
    names = [f"{number}.zip" for number in range(DEPTH)]
    assert "attachment-blocked" in verdicts(archived({"name": "a.exe", "in": names}))
    deeper = verdicts(archived({"name": "a.exe", "in": [*names, "x.zip"]}))
    assert deeper == {"attachment-archive": False, "accepted": False}


def test_so_much_is_unpacked_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last archive holds what would be refused, behind one that takes all there is to spend."""
    last = pack("1.tgz", "a.exe", b"x")
    bomb = zip_of({"0.tgz": tar("w:gz", 3_000_000), "1.tgz": last})
    assert "attachment-blocked" in verdicts(with_attachment("a.zip", bomb))
    monkeypatch.setattr(look, "UNPACKED", 1_000_000)
    found = verdicts(with_attachment("a.zip", bomb))
    assert found == {"attachment-archive": False, "accepted": False}


def directory_of(entries: int) -> bytes:
    """A .zip of nothing but its directory (APPNOTE.TXT 4.3.12, 4.3.16)."""
    entry = b"PK\1\2" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(entry) * entries, 0, 0)
    return entry * entries + end


MORE_BOMBS: dict[str, Callable[[], bytes]] = BOMBS | {
    "directory.zip": lambda: directory_of(200_000),
    "names.tgz": lambda: gzip.compress(tar_header(tarfile.XHDTYPE, 40_000_000) + bytes(40_000_000)),
    "many.tgz": lambda: gzip.compress(tar_header(tarfile.REGTYPE, 0) * 30_000),
}


@pytest.mark.parametrize("name", MORE_BOMBS)
def test_bombs_cost_little_memory(name: str) -> None:
    body = Body(with_attachment(name, MORE_BOMBS[name]()))
    examine(body, internal_date=NOW, now=NOW)  # what is imported and compiled once is not counted
    tracemalloc.start()
    try:
        found = examine(body, internal_date=NOW, now=NOW)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    assert not any(each.refuses for each in found)


def test_a_large_message_is_not_held_in_memory(tmp_path: Path) -> None:
    """40 MB in a spool file, with an archive of 30 MB whose last member counts."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("a.bin", random.Random(1).randbytes(1_000_000) * 30)
        packed.writestr("a.exe", b"x")
    file = tmp_path / "large.eml"
    file.write_bytes(with_attachment("a.zip", archive.getvalue()))
    del archive
    tracemalloc.start()
    try:
        found = verdicts(file)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    assert found["attachment-blocked"]


@given(
    st.lists(
        st.sampled_from(
            [
                *(b"--a\r\n\r\nx", b"--a--", b"--b\r\n\r\n", b"--b--", b"", b"text", b"--c"),
                b"--a\r\nContent-Type: multipart/x; boundary=b\r\n\r\n",
                b"--b\r\nContent-Type: multipart/x; boundary=a\r\n\r\n",
                b"--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n",
                b'--a\r\nContent-Type: a/b; name="x.exe"\r\n\r\n',
                b"--b\r\nContent-Disposition: x; filename=x.exe\r\n\r\nx",
            ]
        ),
        max_size=12,
    )
)
def test_both_sides_see_the_same_parts(pieces: list[bytes]) -> None:
    """Two readings of the same structure, written apart."""
    start = FIELDS + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"
    mail = start + b"\r\n".join(pieces)
    assert ("attachment-blocked" in verdicts(mail)) is refused(memoryview(mail))


def test_the_corpus_is_read() -> None:
    """Broken mail that others have collected, where it lies beside the project."""
    for file in sorted(CORPUS.rglob("*")):
        if file.is_file():
            assert examined(file), file
