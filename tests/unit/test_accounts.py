from __future__ import annotations

from pathlib import Path

import pytest

from migrate.accounts import Account, read
from migrate.credentials import Secret, SecretRef
from tests.unit.told import problems, told

HEADER = "source_user,target_user\n"
ROW = "taro,taro@example.com\n"


def write(directory: Path, content: str | bytes, mode: int = 0o600) -> Path:
    path = directory / "accounts.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


def accounts(directory: Path, content: str | bytes) -> tuple[Account, ...]:
    return read(write(directory, content), need_password=False)


def pairs(directory: Path, content: str | bytes) -> list[tuple[str, str]]:
    return [(each.source_user, each.target_user) for each in accounts(directory, content)]


SHEET = "source_user,target_user\n太郎,taro@example.com\n"


@pytest.mark.parametrize(
    "content",
    [
        SHEET.encode(),
        SHEET.encode("utf-8-sig"),
        SHEET.encode("cp932"),
        SHEET.replace(",", "\t").encode("utf-16"),
        SHEET.replace(",", ";").replace("\n", "\r\n").encode("cp932"),
        SHEET.replace("\n", "\r").encode(),
        SHEET.replace(",", " , ").encode(),
        SHEET.replace("source_user,target_user", "Source User, TARGET-USER").encode(),
        SHEET.replace("taro@example.com", '"taro@example.com"').encode(),
        SHEET.replace("taro@example.com", ' "taro@example.com"').encode(),
        ("# 移行, 一覧\n\n" + SHEET + ",,\n\n  # 終わり").encode(),
    ],
)
def test_files_as_spreadsheets_save_them(tmp_path: Path, content: bytes) -> None:
    assert pairs(tmp_path, content) == [("太郎", "taro@example.com")]


def test_optional_columns(tmp_path: Path) -> None:
    (account,) = accounts(
        tmp_path,
        "# head\ntarget_user,source_user,include,exclude,label_prefix\n"
        "taro@example.com,taro, INBOX ; 仕事/* ;,Tmp,Old mail\n",
    )
    assert account == Account(
        source_user="taro",
        target_user="taro@example.com",
        include=("INBOX", "仕事/*"),
        exclude=("Tmp",),
        label_prefix="Old mail",
        line=3,
    )


def test_passwords_in_the_row_or_by_reference(tmp_path: Path) -> None:
    a, b, c = accounts(
        tmp_path,
        "source_user,target_user,source_password,source_password_env,source_password_file\n"
        'a,a@example.com,"p,""w"" ",,\nb,b@example.com,,B_PASSWORD,\nc,c@example.com,,,pw/c\n',
    )
    assert isinstance(a.password, Secret)
    assert a.password.reveal() == 'p,"w" '
    assert b.password == SecretRef(env="B_PASSWORD")
    assert c.password == SecretRef(file=tmp_path / "pw" / "c")


def test_refresh_tokens_in_the_row_or_by_reference(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "source_user,target_user,source_refresh_token,source_refresh_token_env,"
        "source_refresh_token_file\n"
        "a,a@example.com,1//x,,\nb,b@example.com,,B,\nc,c@example.com,,,c.txt\n",
    )
    a, b, c = read(path, need_password=False, need_refresh_token=True)
    assert isinstance(a.refresh_token, Secret) and a.refresh_token.reveal() == "1//x"
    assert (b.refresh_token, b.password) == (SecretRef(env="B"), None)
    assert c.refresh_token == SecretRef(file=tmp_path / "c.txt")
    path.chmod(0o644)
    words = told(lambda: read(path, need_password=False, need_refresh_token=True))
    assert "chmod 600" in words and "1//x" not in words
    write(tmp_path, HEADER + ROW)
    assert problems(lambda: read(path, need_password=False, need_refresh_token=True)) == [
        ("refresh-token-missing", "accounts.csv:2")
    ]


CASES = {
    "empty": ("", ["accounts-empty"]),
    "blank": ("\n# only this\n,,\n", ["accounts-empty"]),
    "header only": (HEADER, ["accounts-empty"]),
    "no header": (ROW, ["accounts-no-header:1"]),
    "unknown columns": (
        "sorce_user,target_user,zzz,\n",
        ["column-unknown-near:1", "column-unknown:1", "column-unnamed:1", "column-missing:1"],
    ),
    "column twice": ("source_user,source_user,target_user\n", ["column-twice:1"]),
    "one column": ("source_user\ntaro\n", ["column-missing:1"]),
    "open quote": (HEADER + '"a,b@example.com\n' + ROW, ["accounts-quote:2"]),
    "quote in header": ('"source_user,target_user\n', ["accounts-quote:1"]),
    "surplus": (HEADER + "a,a@example.com,x\n" + ROW, ["cells-surplus:2"]),
    "empty cell": (HEADER + ROW + "a,\n,b@example.com\n", ["cell-empty:3", "cell-empty:4"]),
    "short row": (HEADER + "a\n", ["cell-empty:2"]),
    "address": (
        HEADER + "a,a@b@c\nb,b\nc,c@-\n" + ROW,
        ["address-invalid:2", "address-invalid:3", "address-invalid:4"],
    ),
    "full width": (HEADER + "a,ｔａｒｏ＠example.jp\n", ["address-invalid-near:2"]),
    "same source": (HEADER + ROW + "TARO,b@example.com\n", ["user-twice:3"]),
    "same target": (HEADER + ROW + "# c\nb,Taro@Example.com\n", ["user-twice:4"]),
    "two passwords": (
        "source_user,target_user,source_password,source_password_env\na,a@example.com,x,X\n",
        ["passwords-several:2"],
    ),
    "all at once": (
        HEADER + 'a,a\n"b\nc,\nd,d@example.com\nd,e@example.com\n',
        ["accounts-quote:3", "address-invalid:2", "cell-empty:4", "user-twice:6"],
    ),
}


@pytest.mark.parametrize(("content", "expected"), CASES.values(), ids=CASES.keys())
def test_every_mistake_is_named_with_its_line(
    tmp_path: Path, content: str, expected: list[str]
) -> None:
    found = problems(lambda: accounts(tmp_path, content))
    assert sorted(code + where.removeprefix("accounts.csv") for code, where in found) == sorted(
        expected
    )


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    assert problems(lambda: accounts(tmp_path, b"\x81\xff\xfe")) == [
        ("accounts-encoding", "accounts.csv")
    ]


def test_a_missing_file(tmp_path: Path) -> None:
    missing = tmp_path / "accounts.csv"
    assert problems(lambda: read(missing, need_password=True)) == [
        ("accounts-missing", "accounts.csv")
    ]


def test_passwords_are_asked_for_row_by_row(tmp_path: Path) -> None:
    path = write(tmp_path, "source_user,target_user,source_password_env\na,a@x.jp,A\nb,b@x.jp,\n")
    assert problems(lambda: read(path, need_password=True)) == [
        ("password-missing", "accounts.csv:3")
    ]


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_passwords_that_others_can_read_are_refused(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path, "source_user,target_user,source_password\na,a@x.jp,hunter2\n", mode)
    words = told(lambda: read(path, need_password=True))
    assert f"chmod 600 {path}" in words
    assert "hunter2" not in words


def test_a_file_without_passwords_may_be_read_by_others(tmp_path: Path) -> None:
    assert read(write(tmp_path, HEADER + ROW, 0o644), need_password=False)


def test_no_words_tell_a_password(tmp_path: Path) -> None:
    header = "source_user,target_user,source_password,source_password_env\n"
    row = "a,nobody,hunter2,X,hunter2\n"
    assert "hunter2" not in told(lambda: accounts(tmp_path, header + row))
    (account,) = accounts(tmp_path, header + "a,a@x.jp,hunter2\n")
    assert "hunter2" not in repr(account)
