from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from migrate.config import Config, init_files, load, private_directory, quick
from migrate.config.template import example, inline, keys, migration_toml, sections
from migrate.credentials import Secret
from migrate.texts import Lang, Texts
from tests.unit.told import problems

DOCS = Path(__file__).parents[2] / "docs"
MINIMAL = '[source]\nurl = "imaps://mail.example.jp"\n[target]\nkey_file = "key.json"\n'
ACCOUNTS = "source_user,target_user,source_password_env\ntaro,taro@example.com,TARO\n"


def migration(directory: Path, toml: str = MINIMAL, accounts: str = ACCOUNTS) -> Path:
    (directory / "migration.toml").write_text(toml, encoding="utf-8")
    (directory / "accounts.csv").write_text(accounts, encoding="utf-8")
    return directory


def test_a_minimal_migration_has_the_documented_defaults(tmp_path: Path) -> None:
    config = load(migration(tmp_path))
    assert (config.source.auth, config.source.tls) == ("password", "required")
    assert config.target.api == "https://gmail.googleapis.com"
    assert (config.target.key_file, config.target.scopes) == (tmp_path / "key.json", "modify")
    assert (config.policy.trash, config.policy.junk, config.policy.deleted) == (
        "label",
        "spam",
        "skip",
    )
    assert (config.policy.collisions, config.policy.order) == ("keep-both", "newest-first")
    limits = config.limits
    assert (limits.units_per_minute_user, limits.units_per_minute_project) == (6_000, 1_200_000)
    assert (limits.accounts, limits.uploads_per_user, limits.uploads_per_user_max) == (8, 4, 12)
    assert (limits.settle_seconds, limits.request_timeout, limits.slice_messages) == (30, 120, 500)
    assert [each.target_user for each in config.accounts] == ["taro@example.com"]


def test_everything_lies_in_the_migration_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migration(tmp_path)
    monkeypatch.chdir(tmp_path)
    config = load(Path())
    assert config.directory == tmp_path
    assert config.ledger_path == tmp_path / "state" / "ledger.db"
    assert config.ledger_url == f"sqlite:///{tmp_path}/state/ledger.db"
    assert {config.reports.parent, config.quarantine.parent} == {tmp_path}
    assert config.spool == tmp_path / "state" / "spool"
    assert {each.name for each in tmp_path.iterdir()} == {"migration.toml", "accounts.csv"}


def test_the_ledger_may_be_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere.db"
    monkeypatch.setenv("MAILHAUL_DATABASE", f"sqlite:///{elsewhere}")
    toml = MINIMAL + '[state]\ndatabase = { env = "MAILHAUL_DATABASE" }\n'
    assert load(migration(tmp_path, toml)).ledger_path == elsewhere


def test_created_directories_are_for_the_owner_alone(tmp_path: Path) -> None:
    made = private_directory(tmp_path / "state" / "spool")
    assert {path.stat().st_mode & 0o777 for path in (made, made.parent)} == {0o700}
    assert private_directory(made) == made


@pytest.mark.parametrize(
    ("url", "host", "port", "scheme"),
    [
        ("imaps://mail.example.jp", "mail.example.jp", 993, "imaps"),
        ("imap://mail.example.jp:1143/", "mail.example.jp", 1143, "imap"),
        ("IMAPS://Mail.Example.JP:993", "mail.example.jp", 993, "imaps"),
        ("imaps://[::1]:9993", "::1", 9993, "imaps"),
    ],
)
def test_source_addresses(tmp_path: Path, url: str, host: str, port: int, scheme: str) -> None:
    toml = MINIMAL.replace("imaps://mail.example.jp", url)
    address = load(migration(tmp_path, toml)).source.address
    assert (address.host, address.port, address.scheme, address.user) == (host, port, scheme, None)


@pytest.mark.parametrize(
    ("api", "kept"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:80", "http://[::1]:80"),
        ("https://sandbox.example", "https://sandbox.example"),
    ],
)
def test_api_addresses(tmp_path: Path, api: str, kept: str) -> None:
    assert load(migration(tmp_path, MINIMAL + f'api = "{api}"\n')).target.api == kept


def test_label_rules_join_the_account_to_the_migration(tmp_path: Path) -> None:
    toml = MINIMAL + (
        '[labels]\nprefix = "Old"\ninclude = ["A"]\nexclude = ["B"]\n'
        'rename = [{ pattern = "^X/", replace = "Y/" }]\nspecial_use = { "送信箱" = "sent" }\n'
        '[policy]\ntrash = "skip"\njunk = "label"\n'
    )
    rows = (
        "source_user,target_user,source_password_env,include,exclude,label_prefix\n"
        "a,a@example.com,A,,,\nb,b@example.com,B,INBOX;Work/*,Tmp,Mine\n"
    )
    config = load(migration(tmp_path, toml, rows))
    plain, own = (config.label_rules(account) for account in config.accounts)
    assert (plain.prefix, plain.include, plain.exclude) == ("Old", ("A",), ("B",))
    assert (own.prefix, own.include, own.exclude) == ("Mine", ("INBOX", "Work/*"), ("B", "Tmp"))
    assert own.rename == (("^X/", "Y/"),)
    assert dict(own.special_use) == {"送信箱": "sent"}
    assert (own.trash, own.junk) == ("skip", "label")


def test_one_login_for_all_needs_no_passwords_in_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOT_PASSWORD", "hunter2")
    admin = 'auth = "admin"\nadmin_user = "root"\nadmin_password = { env = "ROOT_PASSWORD" }\n'
    toml = MINIMAL.replace("[target]", admin + "[target]")
    config = load(migration(tmp_path, toml, "source_user,target_user\na,a@example.com\n"))
    assert config.admin_password is not None
    assert config.admin_password.reveal() == "hunter2"
    assert "hunter2" not in repr(config)


def _quick(url: str, target: str = "hana@example.com", api: str | None = None) -> Config:
    return quick(url, target, Path("key.json"), password=Secret("hunter2"), api=api)


def test_one_mailbox_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = _quick("imaps://hana%2F@example.jp@mail.example.jp:9993", api="http://127.0.0.1:80")
    (account,) = config.accounts
    assert (account.source_user, account.target_user) == ("hana/@example.jp", "hana@example.com")
    assert account.password is not None
    assert account.password.resolve().reveal() == "hunter2"
    assert str(config.source.address) == "imaps://mail.example.jp:9993"
    assert config.target.api == "http://127.0.0.1:80"
    assert config.target.key_file == tmp_path / "key.json"
    name = "hana%2F@example.jp@mail.example.jp%3A9993--hana@example.com"
    assert config.directory == tmp_path / name
    assert not config.directory.exists()


def test_one_mailbox_without_a_key() -> None:
    def config(email: str) -> Config:
        url, word = "imaps://hana@mail.example.jp", Secret("hunter2")
        return quick(url, "hana@example.com", None, password=word, service_account=email)

    email = "mover@project.iam.gserviceaccount.com"
    target = config(email).target
    assert (target.auth, target.service_account, target.key_file) == ("impersonation", email, None)
    found = problems(lambda: config("mover@example.com"))
    assert found == [("service-account-address", "--service-account")]


@pytest.mark.parametrize(
    ("url", "target", "api", "problem"),
    [
        ("imaps://mail.example.jp", "a@example.com", None, ("url-without-user", "--source")),
        ("imaps://a:pw@mail.example.jp", "a@example.com", None, ("url-password", "--source")),
        ("mbox:a.mbox", "a@example.com", None, ("not-yet", "--source")),
        ("imaps://a@mail.example.jp", "nobody", None, ("address-invalid", "--target")),
        ("imaps://a@h", "a@example.com", "http://10.0.0.1", ("api-plaintext", "--api")),
    ],
)
def test_the_command_line_is_checked(
    url: str, target: str, api: str | None, problem: tuple[str, str]
) -> None:
    assert problems(lambda: _quick(url, target, api)) == [problem]


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_init_writes_files_that_load(tmp_path: Path, lang: Lang) -> None:
    folder = tmp_path / "new"
    written = init_files(
        folder, source_url="imaps://mail.example.jp", api="http://127.0.0.1:8080", lang=lang
    )
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}
    config = load(folder)
    assert (config.source.address.host, config.target.api) == (
        "mail.example.jp",
        "http://127.0.0.1:8080",
    )
    assert ("移行" in written[0].read_text(encoding="utf-8")) == (lang == "ja")


def test_init_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("mine")
    init = lambda: init_files(tmp_path, source_url="imaps://mail.example.jp")  # noqa: E731
    assert problems(init) == [("init-exists", "accounts.csv")]
    assert [each.name for each in tmp_path.iterdir()] == ["accounts.csv"]


def test_init_checks_before_it_writes(tmp_path: Path) -> None:
    init = lambda: init_files(tmp_path, source_url="imaps://a@h", api="http://h")  # noqa: E731
    assert problems(init) == [("url-user", "--source"), ("api-plaintext", "--api")]
    assert not list(tmp_path.iterdir())


def test_every_commented_line_of_the_template_is_valid(tmp_path: Path) -> None:
    text = migration_toml({"source.url": "imaps://mail.example.jp"}, Texts("en"))
    names = {name for model in sections().values() for name in keys(model)}
    lines = text.splitlines()
    awake = [line[2:] if line[2:].split(" = ")[0] in names else line for line in lines]
    assert set(_flat(tomllib.loads("\n".join(awake)))) == set(_all_keys())
    for name in ("ca.pem", "client.pem"):
        (tmp_path / name).touch()
    load(migration(tmp_path, "\n".join(awake)))


def _flat(document: Mapping[str, Any]) -> list[str]:
    """The keys of all tables."""
    found = []
    for section in sections():
        table = document
        for part in section.split("."):
            table = table[part]
        found += [f"{section}.{name}" for name in table if f"{section}.{name}" not in sections()]
    return found


def _all_keys() -> list[str]:
    return [f"{s}.{name}" for s, model in sections().items() for name in keys(model)]


@pytest.mark.parametrize(("lang", "page"), [("en", "configuration"), ("ja", "configuration.ja")])
def test_the_documentation_lists_every_key(lang: Lang, page: str) -> None:
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    for section, model in sections().items():
        for name, field in keys(model).items():
            has_default = not field.is_required() and field.default is not None
            default = f"`{inline(field.default)}`" if has_default else ""
            meaning = Texts(lang)(f"config.{section}.{name}")
            assert f"| `{name}` | {default} | `{inline(example(field))}` | {meaning} |" in text
