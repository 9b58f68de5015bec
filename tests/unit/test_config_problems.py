from __future__ import annotations

import re
from pathlib import Path

import pytest

import migrate.config
from migrate.config import check_api_url, load
from migrate.config.lines import line_of
from migrate.texts import catalogue
from tests.unit.told import problems, told

URL = 'url = "imaps://mail.example.jp"'
KEY = 'key_file = "key.json"'
ACCOUNTS = "source_user,target_user,source_password_env\ntaro,taro@example.com,TARO\n"


def toml(source: str = URL, target: str = KEY, rest: str = "") -> str:
    return f"[source]\n{source}\n[target]\n{target}\n{rest}\n"


def write(directory: Path, text: str) -> Path:
    (directory / "migration.toml").write_text(text, encoding="utf-8")
    (directory / "accounts.csv").write_text(ACCOUNTS, encoding="utf-8")
    return directory


CASES = {
    "sections": ("[sorce]\n" + URL, "section-unknown-near:1 section-missing section-missing"),
    "strange section": (toml(rest="[zzz]\nq = 1"), "section-unknown:5"),
    "no url": (toml(source=""), "key-missing:1"),
    "unknown key": (toml(rest="[policy]\nqqqq = 'copy'"), "key-unknown:6"),
    "misspelt key": (toml(rest="[policy]\ntrahs = 'skip'"), "key-unknown-near:6"),
    "misspelt nested key": (
        toml(rest="[[labels.rename]]\npattern='a'\nreplace='b'\n"
             "[[labels.rename]]\npatern='a'\nreplace='b'\npattern='c'"),
        "key-unknown-near:9",
    ),
    "misspelt value": (toml(rest="[policy]\norder = 'newest'"), "choice-near:6"),
    "strange value": (toml(rest="[policy]\norder = 'x'"), "choice:6"),
    "special use": (toml(rest="[labels.special_use]\n'a b' = 'sennt'"), "choice-near:6"),
    "xoauth2": (toml(source=URL + "\nauth = 'xoauth2'"),
                "oauth-incomplete:1 refresh-token-missingaccounts.csv:2"),
    "app": (toml(source=URL + "\nauth = 'xoauth2'\noauth.grant = 'client-credentials'"),
            "oauth-incomplete:1"),
    "one token": (toml(source=URL + "\nauth = 'oauthbearer'\noauth.refresh_token = {env='A'}"),
                  "oauth-incomplete:1"),
    "endpoint": (toml(source=URL + "\noauth.token_uri = 'http://login.example.org/token'"),
                 "api-plaintext:3"),
    "no endpoint": (toml(source=URL + "\noauth.token_uri = 'login.example.org'"), "token-uri:3"),
    "oauth key": (toml(source=URL, rest="[source.oauth]\nclient = 'x'"), "key-unknown-near:6"),
    "client secret": (toml(source=URL + "\noauth.client_secret = 'hunter2'"), "secret-in-clear:3"),
    "admin style": (toml(source=URL + "\nadmin_style = '{user}%'"), "admin-style:3"),
    "external": (toml(source=URL + "\nauth = 'external'"), "external-incomplete:1"),
    "maildir": (toml(source="url = 'maildir:/var/mail'"), "not-yet:2"),
    "oauth": (toml(target=KEY + "\nauth = 'oauth'"), "target-key-missing:3"),
    "no key": (toml(target="api = 'https://gmail.googleapis.com'"), "target-key-missing:3"),
    "keyless": (toml(target=KEY + "\nauth = 'impersonation'"), "target-key-missing:3"),
    "service account": (toml(target="service_account = 'mover@example.com'"),
                        "service-account-address:4"),
    "postgres": (toml(rest="[state]\ndatabase = 'postgresql+psycopg://u:pw@h/d'"), "not-yet:6"),
    "database": (toml(rest="[state]\ndatabase = 'ledger.db'"), "database:6"),
    "database env": (toml(rest="[state]\ndatabase = { env = 'MAILHAUL_NONE' }"),
                     "secret-env-missing:6"),
    "scheme": (toml(source="url = 'mail.example.jp'"), "url-scheme:2"),
    "near scheme": (toml(source="url = 'imapss://mail.example.jp'"), "url-scheme-near:2"),
    "path": (toml(source="url = 'imaps://mail.example.jp/INBOX'"), "url-surplus:2"),
    "port": (toml(source="url = 'imaps://mail.example.jp:x'"), "url-invalid:2"),
    "no host": (toml(source="url = 'imaps://'"), "url-invalid:2"),
    "user": (toml(source="url = 'imaps://taro@mail.example.jp'"), "url-user:2"),
    "password": (toml(source="url = 'imaps://taro:pw@mail.example.jp'"), "url-password:2"),
    "api scheme": (toml(target=KEY + "\napi = 'gmail.googleapis.com'"), "api-scheme:5"),
    "api path": (toml(target=KEY + "\napi = 'https://h/gmail'"), "url-surplus:5"),
    "api plaintext": (toml(target=KEY + "\napi = 'http://gmail.googleapis.com'"),
                      "api-plaintext:5"),
    "ca_file": (toml(source=URL + "\nca_file = 'none.pem'"), "no-such-file:3"),
    "regex": (toml(rest="[labels]\nrename = [\n{pattern='(', replace=''},\n]"), "regex:6"),
    "template": (toml(rest="[labels]\nrename = [{pattern='a', replace='\\2'}]"), "regex:6"),
    "admin": (toml(source=URL + "\nauth = 'admin'"), "admin-incomplete:1"),
    "tls": (toml(source=URL + "\ntls = 'insecure-plaintext'"), "tls-contradiction:1"),
    "provider": (toml(source=URL + "\nprovider = 'icluod'"), "choice-near:3"),
    "strange provider": (toml(source=URL + "\nprovider = 'qqqqq'"), "choice:3"),
    "sender": (toml(rest="[policy]\nnotice_from = 'a@x.jp, b@x.jp'"), "notice-from:6"),
    "uploads": (toml(rest="[limits]\nuploads_per_user = 20"), "uploads-over-maximum:5"),
    "clear": (toml(source=URL + "\nadmin_password = 'hunter2'"), "secret-in-clear:3"),
    "two places": (toml(source=URL + "\nadmin_password = {env='A', file='b'}"), "secret-ref:3"),
    "no place": (toml(source=URL + "\nadmin_password = {}"), "secret-ref:3"),
    "keyring": (toml(source=URL + "\nadmin_password = {keyring='mail'}"), "secret-ref:3"),
    "place": (toml(source=URL + "\nadmin_password = {enw='A'}"), "key-unknown-near:3"),
    "shell": (toml(source=URL + "\nadmin_password = {command='pass x'}"), "want-list:3"),
    "empty": (toml(source=URL + "\nadmin_user = ''"), "text-empty:3"),
    "text": (toml(source="url = 7"), "want-text:2"),
    "path type": (toml(target="key_file = 7"), "want-text:4"),
    "list": (toml(rest="[labels]\ninclude = 'INBOX'"), "want-list:6"),
    "table": (toml(rest="limits = 8").replace("[source]", "policy = 1\n[source]"),
              "key-unknown:6 want-table:1"),
    "whole number": (toml(rest="[limits]\naccounts = '8'"), "want-whole-number:6"),
    "bool": (toml(rest="[limits]\naccounts = true"), "want-whole-number:6"),
    "number": (toml(rest="[limits]\nrequest_timeout = inf"), "want-number:6"),
    "zero": (toml(rest="[limits]\nrequest_timeout = 0"), "number-not-above:6"),
    "small": (toml(rest="[limits]\naccounts = 0"), "number-too-small:6"),
    "syntax": (toml(rest="[limits]\naccounts = "), "toml-syntax:6"),
    "open end": ("[source]\nurl = '''", "toml-syntax:2"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_every_mistake_is_named_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    write(tmp_path, text)
    found = problems(lambda: load(tmp_path))
    lines = [code + where.removeprefix("migration.toml") for code, where in found]
    assert sorted(lines) == sorted(expected.split())


def test_all_problems_of_both_files_come_at_once(tmp_path: Path) -> None:
    write(tmp_path, toml(source="url = 'x'", rest="[policy]\norder = 'x'"))
    (tmp_path / "accounts.csv").write_text("source_user,target_user\na,b\n")
    assert problems(lambda: load(tmp_path)) == [
        ("url-scheme", "migration.toml:2"),
        ("choice", "migration.toml:6"),
        ("address-invalid", "accounts.csv:2"),
        ("password-missing", "accounts.csv:2"),
    ]


def test_a_folder_without_a_migration_is_one_problem(tmp_path: Path) -> None:
    assert problems(lambda: load(tmp_path)) == [("no-migration", "migration.toml")]


def test_a_broken_file_does_not_hide_the_other(tmp_path: Path) -> None:
    write(tmp_path, "[source\n")
    (tmp_path / "accounts.csv").unlink()
    assert problems(lambda: load(tmp_path)) == [
        ("toml-syntax", "migration.toml:1"),
        ("accounts-missing", "accounts.csv"),
    ]


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    write(tmp_path, "")
    (tmp_path / "migration.toml").write_bytes("# 設定\n".encode("cp932"))
    assert problems(lambda: load(tmp_path)) == [("toml-encoding", "migration.toml")]


def test_a_directory_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "migration.toml").mkdir()
    (tmp_path / "accounts.csv").mkdir()
    assert [code for code, _ in problems(lambda: load(tmp_path))] == ["file-unreadable"] * 2


def test_the_words_name_place_key_and_cure(tmp_path: Path) -> None:
    words = told(lambda: load(write(tmp_path, toml(rest="[policy]\norder = 'newest'"))))
    assert 'migration.toml:6 [policy] order: "newest" is not one of the possible values.' in words
    assert 'Did you mean "newest-first"?' in words
    assert "「newest-first」ではありませんか。" in words


@pytest.mark.parametrize(
    "line",
    [
        'admin_password = "hunter2"',
        'admin_password = ["hunter2"]',
        'oauth.client_secret = "hunter2"',
        'oauth.refresh_token = "hunter2"',
        'oauth.token_uri = "https://taro:hunter2@login.example.jp/token"',
        'admin_password = { env = "A", file = "hunter2" }',
        'url = "imaps://taro:hunter2@mail.example.jp"',
        'url = "imaps://taro:hunter2@mail.example.jp:x"',
        'url = "hunter2"',
    ],
)
def test_no_words_tell_a_secret(tmp_path: Path, line: str) -> None:
    source = line if line.startswith("url") else f"{URL}\n{line}"
    assert "hunter2" not in told(lambda: load(write(tmp_path, toml(source=source))))


def test_an_api_address_alone_can_be_checked() -> None:
    assert problems(lambda: check_api_url("http://gmail.googleapis.com")) == [("api-plaintext", "")]


def test_lines_of_keys() -> None:
    text = '# c\n[a]\nb = 1\n"c d" = { x = 1 }\n[a.e]\nf.g = 2 # [z]\n[[h]]\ni = 1\n[[h]]\ni = 2\n'
    assert line_of(text, ("a", "b")) == 3
    assert line_of(text, ("a", "c d", "x")) == 4
    assert line_of(text, ("a", "e", "f", "g")) == 6
    assert line_of(text, ("a", "e", "missing")) == 5
    assert line_of(text, ("h", 1, "i")) == 10
    assert line_of(text, ("z",)) is None


def test_a_user_s_own_login_is_for_one_mailbox(tmp_path: Path) -> None:
    write(tmp_path, toml(target="auth = 'oauth'\nclient_file = 'client.json'"))
    assert load(tmp_path).target.token_file == tmp_path / "token.json"
    (tmp_path / "accounts.csv").write_text(ACCOUNTS + "jiro,jiro@example.com,JIRO\n")
    assert problems(lambda: load(tmp_path)) == [("oauth-other-user", "accounts.csv:3")]
    assert "taro@example.com" in told(lambda: load(tmp_path))


def test_codes_and_texts_are_the_same_set() -> None:
    folder = Path(migrate.config.__file__).parent
    alone = (
        "accounts/rows.py",
        "credentials.py",
        "accounts/crossing.py",
        "problems.py",
        "accounts/waves.py",
        "cli/waves.py",
        "preflight/names.py",
    )
    files = [*folder.glob("*.py"), *(folder.parent / name for name in alone)]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    strings = set(re.findall('"([a-z-]+)"', source))
    codes = {key.split(".")[1] for key in catalogue("config_errors")}
    assert {code.removesuffix("-near") for code in codes} <= strings
    assert set(re.findall(r'(?:UsageError|misspelt)\(\s*"([a-z-]+)"', source)) <= codes
