"""A target without a key: Google signs, in the name of whoever runs the command."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from google.auth.exceptions import TransportError

from migrate.errors import TargetError, UsageError
from migrate.explain import explain
from migrate.gmail.auth import GOOGLE_API, GOOGLE_TOKEN_URI, Tokens, load_keyless
from migrate.gmail.auth import keyless as module
from migrate.gmail.auth.keyless import ToSandbox
from migrate.sandbox.embed import Running
from migrate.texts import Texts
from tests.functional.migration import Gmail, Migration, faults, stats
from tests.sandboxes import running

from .contract import CLEAN, Make, user_of

SIGN = "iamcredentials.projects.serviceAccounts.signJwt"
NOBODY = {"NO_GCE_CHECK": "true", "CLOUDSDK_CONFIG": "/nonexistent"}
"""No gcloud, and no machine at Google's."""


@dataclass(frozen=True)
class Site:
    sandbox: Running
    adc: Path
    email: str
    client_id: str

    @property
    def env(self) -> dict[str, str]:
        return NOBODY | {"GOOGLE_APPLICATION_CREDENTIALS": str(self.adc)}


@contextmanager
def site(folder: Path, *extra: str) -> Iterator[Site]:
    adc = folder / "adc.json"
    with running(folder / "sandbox", extra=["--adc-out", str(adc), *extra]) as sandbox:
        key = json.loads(sandbox.key_file.read_text())
        yield Site(sandbox, adc, key["client_email"], key["client_id"])


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture(autouse=True)
def no_faults(here: Site) -> Iterator[None]:
    yield
    faults(here.sandbox)


Keyless = Callable[..., Migration]


@pytest.fixture
def make_keyless(make: Make, here: Site) -> Keyless:
    def made(more: str = CLEAN, at: Site = here, email: str | None = None) -> Migration:
        migration = make(more, at=at.sandbox)
        file = migration.directory / "migration.toml"
        login = f'auth = "impersonation"\nservice_account = "{email or at.email}"'
        text, count = re.subn("(?m)^key_file = .*$", login, file.read_text())
        assert count == 1
        file.write_text(text)
        return migration

    return made


def test_a_mailbox_is_copied_without_a_key(make_keyless: Keyless, here: Site) -> None:
    """The user's token is had anew in the middle; in the end the operator's login is taken back."""
    migration, before = make_keyless(), stats(here.sandbox)["requests"]
    env = here.env | {"MAILHAUL_DEBUG": "1"}
    expired = {"method": "gmail.users.messages.import", "error": "invalid-credentials"}
    faults(here.sandbox, expired | {"nth": 4})
    done = migration("run", env=env)
    assert done.code == 0, done.said
    assert len(list(Gmail(here.sandbox, user_of(migration)).ids())) == 11
    asked = stats(here.sandbox)["requests"]
    assert asked[SIGN] - before.get(SIGN, 0) == 2
    operator, reader = 1, 1  # the reader is this test's own
    assert asked["token"] - before.get("token", 0) == operator + 2 + reader
    faults(here.sandbox, {"method": "token", "error": "token-revoked"})
    ended = migration("check", env=env)
    assert (ended.code, "gcloud auth application-default login" in ended.said) == (5, True), (
        ended.said
    )
    info = json.loads(here.adc.read_text())
    secrets = [info["client_secret"], info["refresh_token"], "ya29.", "eyJ"]
    assert [each for each in secrets if each in done.said + ended.said] == []
    for path in migration.directory.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert [each for each in secrets if each.encode() in data] == [], path


def test_tokens_that_live_for_a_moment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with site(tmp_path, "--token-lifetime", "300ms") as short:
        user, *_ = tokens(monkeypatch, short)
        assert len({user.bearer() for _ in range(5)}) == 5
        assert stats(short.sandbox)["requests"]["token"] == 10


def tokens(monkeypatch: pytest.MonkeyPatch, at: Site, email: str | None = None) -> list[Tokens]:
    """Of five users, in this process."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(at.adc))
    access = load_keyless(email or at.email, at.sandbox.url)
    return [Tokens(access, f"many{n}@example.org", "modify") for n in range(5)]


def refusal(monkeypatch: pytest.MonkeyPatch, at: Site, email: str | None = None) -> tuple[str, str]:
    """Code and cure."""
    with pytest.raises(TargetError) as caught:
        tokens(monkeypatch, at, email)[0].bearer()
    for lang in ("ja", "en"):
        cause, cure = explain(caught.value, Texts(lang))
        assert "…" not in cause + cure
    return caught.value.code, cure


def test_many_users_share_the_operator_s_token(monkeypatch: pytest.MonkeyPatch, here: Site) -> None:
    before = stats(here.sandbox)["requests"]
    users = tokens(monkeypatch, here)
    with ThreadPoolExecutor(5) as pool:
        assert len(set(pool.map(Tokens.bearer, users))) == 5
    asked = stats(here.sandbox)["requests"]
    assert asked[SIGN] - before.get(SIGN, 0) == 5
    assert asked["token"] - before.get("token", 0) == 5 + 1


REFUSALS: Mapping[str, tuple[Mapping[str, Any], str, str]] = {
    "role": (
        {"method": SIGN, "error": "token-creator"},
        "target-token-creator",
        "gcloud iam service-accounts add-iam-policy-binding {email} --project=mailhaul-sandbox "
        "--role=roles/iam.serviceAccountTokenCreator --member=",
    ),
    "service": (
        {"method": SIGN, "error": "iam-disabled"},
        "target-iam-disabled",
        "gcloud services enable iamcredentials.googleapis.com --project=mailhaul-sandbox",
    ),
    "project": (
        {"method": SIGN, "error": "adc-quota-project"},
        "target-quota-project",
        "gcloud auth application-default set-quota-project mailhaul-sandbox",
    ),
    "scope": (
        {"method": SIGN, "error": "insufficient-scopes"},
        "target-adc-scope",
        "gcloud auth application-default login",
    ),
    "account": (
        {"method": SIGN, "status": 404, "message": "Not found"},
        "target-no-service-account",
        "gcloud iam service-accounts list --project=mailhaul-sandbox",
    ),
    "login": (
        {"method": "token", "error": "token-revoked"},
        "target-adc-refused",
        "gcloud auth application-default login",
    ),
    "session": (
        {"method": SIGN, "error": "invalid-credentials"},
        "target-adc-refused",
        "gcloud auth application-default login",
    ),
    "nonsense": (
        {"method": SIGN, "status": 400, "body": "<html>"},
        "target-token-refused",
        "",
    ),
    "user": (
        {"method": "token", "nth": 2, "error": "invalid-user"},
        "target-unknown-user",
        "accounts.csv",
    ),
    "delegation": (
        {"method": "token", "nth": 2, "error": "unauthorized-client"},
        "target-unauthorized-client",
        "{client_id}\n",
    ),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_what_is_refused_is_told_with_what_to_type(
    monkeypatch: pytest.MonkeyPatch, here: Site, what: str
) -> None:
    rule, code, cure = REFUSALS[what]
    faults(here.sandbox, rule)
    found, told = refusal(monkeypatch, here)
    assert (found, cure.format(email=here.email, client_id=here.client_id) in told) == (code, True)


def test_without_the_numeric_id_it_is_told_how_to_find_it(
    monkeypatch: pytest.MonkeyPatch, here: Site
) -> None:
    faults(
        here.sandbox,
        {"method": "token", "nth": 2, "error": "unauthorized-client"},
        {"method": "iamcredentials.projects.serviceAccounts.generateIdToken", "status": 403},
    )
    command = f"gcloud iam service-accounts describe {here.email} --format="
    assert command in refusal(monkeypatch, here)[1]


@pytest.mark.parametrize(("times", "well"), [(1, True), (9, False)])
def test_signing_is_tried_again_where_google_fails_in_passing(
    monkeypatch: pytest.MonkeyPatch, here: Site, times: int, well: bool
) -> None:
    monkeypatch.setattr(module, "PAUSES", (0, 0))
    faults(here.sandbox, {"method": SIGN, "status": 503, "times": times})
    if well:
        assert tokens(monkeypatch, here)[0].bearer()
    else:
        assert refusal(monkeypatch, here)[0] == "target-unreachable"


def test_another_s_service_account(monkeypatch: pytest.MonkeyPatch, here: Site) -> None:
    other = "other@project.iam.gserviceaccount.com"
    code, cure = refusal(monkeypatch, here, other)
    assert code == "target-token-creator"
    assert f"{other} --project=project " in cure


def code(monkeypatch: pytest.MonkeyPatch, at: Site, api: str, info: object = None) -> str:
    """Of the refusal, before anything is sent."""
    if info is not None:
        file = at.adc.with_name("given.json")
        file.write_text(info if isinstance(info, str) else json.dumps(info))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    before = stats(at.sandbox)["requests"]
    with pytest.raises(UsageError) as caught:
        load_keyless(at.email, api)
    assert stats(at.sandbox)["requests"] == before
    for lang in ("en", "ja"):
        cause, cure = explain(caught.value, Texts(lang))
        assert "GOCSPX" not in cause + cure + repr(caught.value)
    return caught.value.code


FEDERATED = {
    "type": "external_account",
    "audience": "//iam.googleapis.com/x",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "token_url": "https://sts.googleapis.com/v1/token",
    "credential_source": {"url": "http://169.254.169.254/token"},
}


def test_which_credentials_go_where(monkeypatch: pytest.MonkeyPatch, here: Site) -> None:
    sandbox, api = json.loads(here.adc.read_text()), here.sandbox.url
    real = {key: value for key, value in sandbox.items() if key != "mailhaul_sandbox"}
    google = real | {"token_uri": GOOGLE_TOKEN_URI}
    del real["token_uri"]
    elsewhere = {"token_uri": "https://oauth2.googleapis.com.example.com/token"}
    hidden = {"type": "impersonated_service_account", "source_credentials": google | elsewhere}
    hidden |= {"service_account_impersonation_url": "https://iamcredentials.googleapis.com/x"}
    for info, host, expected in (
        (real, api, "credential-real-for-other-host"),
        (google, api, "credential-real-for-other-host"),
        (google, "https://gmail.example.com", "credential-real-for-other-host"),
        (google | elsewhere, GOOGLE_API, "credential-real-for-other-host"),
        (hidden, GOOGLE_API, "credential-real-for-other-host"),
        (google | {"token_uri": "http://example.com/"}, GOOGLE_API, "credential-plain-http"),
        (FEDERATED | {"token_url": "https://sts.example.com/"}, GOOGLE_API,
         "credential-real-for-other-host"),
        (FEDERATED, api, "credential-real-for-other-host"),
        (sandbox, GOOGLE_API, "credential-sandbox-for-google"),
        (sandbox, "https://www.googleapis.com", "credential-sandbox-for-google"),
        (sandbox | {"token_uri": GOOGLE_TOKEN_URI}, api, "credential-sandbox-for-google"),
        (sandbox | {"token_uri": ""}, api, "adc-unusable"),
        ({"type": "nonsense"}, GOOGLE_API, "adc-unusable"),
        ({"type": "authorized_user"}, GOOGLE_API, "adc-unusable"),
        ([], GOOGLE_API, "adc-unusable"),
        ("{", GOOGLE_API, "adc-unusable"),
    ):  # fmt: skip
        assert code(monkeypatch, here, host, info) == expected, (info, host)
    for info in (real, google, FEDERATED):
        here.adc.with_name("given.json").write_text(json.dumps(info))
        assert load_keyless(here.email, GOOGLE_API).token_uri == GOOGLE_TOKEN_URI
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(here.adc.with_name("none.json")))
    assert code(monkeypatch, here, GOOGLE_API) == "adc-unreadable"


def test_the_file_that_gcloud_left(
    monkeypatch: pytest.MonkeyPatch, here: Site, tmp_path: Path
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    shutil.copy(here.adc, tmp_path / "application_default_credentials.json")
    assert code(monkeypatch, here, GOOGLE_API) == "credential-sandbox-for-google"
    assert Tokens(load_keyless(here.email, here.sandbox.url), "a@example.org", "modify").bearer()


def test_a_sandbox_s_credentials_have_no_way_out() -> None:
    def sent(url: str, *_: object) -> str:
        return url

    request = ToSandbox(sent, "http://127.0.0.1:1/token")
    assert request(GOOGLE_TOKEN_URI) == "http://127.0.0.1:1/token"
    assert request("https://iamcredentials.googleapis.com/v1/x") == "http://127.0.0.1:1/v1/x"
    for url in (
        "https://sts.googleapis.com/v1/token",
        f"{GOOGLE_TOKEN_URI}x",
        "http://169.254.1.1",
    ):
        with pytest.raises(TransportError):
            request(url)


def test_no_login_at_all(
    make_keyless: Keyless, here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in NOBODY.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    assert code(monkeypatch, here, here.sandbox.url) == "adc-not-of-sandbox"
    migration = make_keyless()
    file = migration.directory / "migration.toml"
    file.write_text(re.sub("(?m)^api = .*$", "", file.read_text()))
    done = migration("run", env=NOBODY)
    assert (done.code, "gcloud auth application-default login" in done.err) == (2, True)
    assert "Metadata" not in done.err
