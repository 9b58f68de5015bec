"""The shape of `migration.toml`. Each key is described in `texts/config.toml`, for people.

Paths are relative to the migration folder, which the validation context names (`directory`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from migrate.config.addresses import (
    SourceUrl,
    check_api_url,
    check_token_uri,
    is_mailbox,
    source_url,
)
from migrate.credentials import SecretRef, beside_config
from migrate.days import PACIFIC, is_zone
from migrate.errors import UsageError
from migrate.problems import misspelt
from migrate.source import providers
from migrate.source.login import STYLES, Auth, is_style

T = TypeVar("T")


def refuse(error: UsageError) -> PydanticCustomError:
    """`error` as pydantic gathers it; `reader.py` turns it back."""
    return PydanticCustomError("usage", "{code}", {"code": error.code, "params": error.params})


def _checked(check: Callable[[str], T]) -> Callable[[str], T]:
    def checked(value: str) -> T:
        try:
            return check(value)
        except UsageError as error:
            raise refuse(error) from None

    return checked


def _url_in_file(text: str) -> str:
    url = source_url(text)
    if url.user:
        raise UsageError("url-user", meant=str(url))
    return str(url)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise refuse(UsageError("no-such-file", file=path))
    return path


def _database(value: object) -> object:
    if isinstance(value, dict) and set(value) == {"env"}:
        name = str(value["env"])
        if name not in os.environ:
            raise refuse(UsageError("secret-env-missing", name=name))
        value = os.environ[name]
    if isinstance(value, str) and value.startswith("postgres"):
        raise refuse(UsageError("not-yet", word="postgresql", known="sqlite:///"))
    if not isinstance(value, str) or not re.fullmatch(r"sqlite:///[^?#]+", value):
        raise refuse(UsageError("database"))
    return value


def _provider(name: str) -> str:
    if name not in providers.KNOWN:
        raise refuse(misspelt("choice", name, providers.KNOWN))
    return name


def _admin_style(style: str) -> str:
    if not is_style(style):
        raise refuse(UsageError("admin-style", word=style, known=", ".join(STYLES)))
    return style


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise refuse(UsageError("regex", reason=error)) from None
    return text


def _service_account(address: str) -> str:
    if not re.fullmatch(r"[\w.-]+@[\w.-]+\.gserviceaccount\.com", address, re.ASCII):
        raise refuse(UsageError("service-account-address"))
    return address


def _zone(name: str) -> str:
    if not is_zone(name):
        raise refuse(UsageError("zone", name=name))
    return name


def _sender(text: str) -> str:
    if not is_mailbox(text):
        raise refuse(UsageError("notice-from"))
    return text


FolderPath = Annotated[Path, AfterValidator(beside_config)]
ExistingFile = Annotated[FolderPath, AfterValidator(_existing)]
Seconds = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=1)]
Pace = Annotated[int, Field(strict=True, ge=0)]
Text = Annotated[str, Field(min_length=1)]
ServiceAccount = Annotated[str, AfterValidator(_service_account)]
Use = Literal["inbox", "sent", "drafts", "junk", "trash", "all", "archive", "none"]


Namespace = Literal["personal", "users", "shared"]
"""RFC 2342: the user's own folders, those of other users, those of everybody."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class OauthConfig(_Section):
    """Where access tokens come from; what is needed depends on `grant`."""

    grant: Literal["refresh-token", "client-credentials", "service-account"] = "refresh-token"
    token_uri: Annotated[str, AfterValidator(_checked(check_token_uri))] | None = Field(
        default=None, examples=["https://oauth2.googleapis.com/token"]
    )
    client_id: Text | None = Field(default=None, examples=["1234.apps.googleusercontent.com"])
    client_secret: SecretRef | None = Field(default=None, examples=[{"env": "OAUTH_SECRET"}])
    scope: Text | None = Field(default=None, examples=["https://mail.google.com/"])
    refresh_token: SecretRef | None = Field(default=None, examples=[{"file": "refresh-token"}])
    key_file: FolderPath | None = Field(default=None, examples=["old-workspace.json"])

    @property
    def lacks(self) -> tuple[str, ...]:
        """The keys that `grant` needs and that are not there."""
        needed = {
            "refresh-token": ("token_uri", "client_id"),
            "client-credentials": ("token_uri", "client_id", "client_secret", "scope"),
            "service-account": ("key_file",),
        }
        return tuple(key for key in needed[self.grant] if getattr(self, key) is None)


class SourceConfig(_Section):
    url: Annotated[str, AfterValidator(_checked(_url_in_file))] = Field(
        examples=["imaps://mail.example.jp"]
    )
    auth: Auth = "password"
    tls: Literal["required", "insecure-plaintext"] = "required"
    ca_file: ExistingFile | None = Field(default=None, examples=["ca.pem"])
    client_cert: ExistingFile | None = Field(default=None, examples=["client.pem"])
    client_cert_password: SecretRef | None = Field(
        default=None, examples=[{"file": "client-password"}]
    )
    admin_user: Text | None = Field(default=None, examples=["admin"])
    admin_password: SecretRef | None = Field(default=None, examples=[{"env": "ADMIN_PASSWORD"}])
    admin_style: Annotated[Text, AfterValidator(_admin_style)] = "authzid"
    oauth: OauthConfig = OauthConfig()
    namespaces: tuple[Namespace, ...] = ("personal",)
    provider: Annotated[Text, AfterValidator(_provider)] = "auto"
    connect_timeout: Seconds = 30.0
    read_timeout: Seconds = 120.0

    @property
    def address(self) -> SourceUrl:
        return source_url(self.url)

    @property
    def by_token(self) -> bool:
        return self.auth in ("xoauth2", "oauthbearer")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.auth == "admin" and not (self.admin_user and self.admin_password):
            raise refuse(UsageError("admin-incomplete"))
        if self.by_token and self.oauth.lacks:
            raise refuse(UsageError("oauth-incomplete", missing=", ".join(self.oauth.lacks)))
        if self.auth == "external" and not self.client_cert:
            raise refuse(UsageError("external-incomplete"))
        if self.tls == "insecure-plaintext" and self.address.scheme == "imaps":
            raise refuse(UsageError("tls-contradiction", meant=f"imap://{self.address.host}"))
        return self


TargetAuth = Literal["impersonation", "service-account", "oauth"]
NEEDED: Mapping[str, str] = {
    "impersonation": "service_account",
    "service-account": "key_file",
    "oauth": "client_file",
}
"""`[target] auth` → the key that it can't do without."""


class TargetConfig(_Section):
    api: Annotated[str, AfterValidator(_checked(check_api_url))] = "https://gmail.googleapis.com"
    auth: TargetAuth = "service-account"
    key_file: FolderPath | None = Field(default=None, examples=["service-account.json"])
    service_account: ServiceAccount | None = Field(
        default=None, examples=["mover@project.iam.gserviceaccount.com"]
    )
    client_file: FolderPath | None = Field(default=None, examples=["client.json"])
    token_file: FolderPath = Field(default="token.json", validate_default=True)
    scopes: Literal["minimal", "modify", "full"] = "modify"
    ca_file: ExistingFile | None = Field(default=None, examples=["ca.pem"])
    directory_admin: Text | None = Field(default=None, examples=["admin@example.com"])
    storage_user: Text | None = Field(default=None, examples=["admin@example.com"])
    storage_bytes: Count | None = Field(default=None, examples=[2_000_000_000_000])

    @model_validator(mode="after")
    def _complete(self) -> Self:
        key = NEEDED[self.auth]
        if getattr(self, key) is None:
            example = f'{key} = "{(type(self).model_fields[key].examples or [""])[0]}"'
            raise refuse(UsageError("target-key-missing", auth=self.auth, example=example))
        return self


class Rename(_Section):
    pattern: Annotated[Text, AfterValidator(_regex)]
    replace: str

    @model_validator(mode="after")
    def _template_fits(self) -> Self:
        try:
            re.sub(self.pattern, self.replace, "")  # parses the template even without a match
        except (re.error, IndexError) as error:
            raise refuse(UsageError("regex", reason=error)) from None
        return self


class LabelsConfig(_Section):
    prefix: str = Field(default="", examples=["Old mail"])
    rename: tuple[Rename, ...] = Field(
        default=(), examples=[[{"pattern": "^Projects/", "replace": "Archive of projects/"}]]
    )
    include: tuple[Text, ...] = Field(default=(), examples=[["INBOX", "Projects/*"]])
    exclude: tuple[Text, ...] = Field(default=(), examples=[["Public/*"]])
    special_use: Mapping[str, Use] = Field(default={}, examples=[{"Gesendete Objekte": "sent"}])
    flatten: bool = False
    depth: Pace = 0
    keywords: Mapping[str, Text] = Field(
        default={},
        examples=[{"$Forwarded": "Forwarded", "\\Answered": "Answered", "*": "Keywords"}],
    )


class FiltersConfig(_Section):
    since: date | None = Field(default=None, examples=[date(2020, 1, 1)])
    before: date | None = Field(default=None, examples=[date(2026, 1, 1)])
    min_size: Pace = 0
    max_size: Pace = 0
    search: Text | None = Field(
        default=None, examples=["UNKEYWORD $Private NOT SUBJECT newsletter"]
    )


class PolicyConfig(_Section):
    trash: Literal["label", "trash", "skip"] = "label"
    junk: Literal["spam", "label", "skip"] = "spam"
    deleted: Literal["skip", "copy", "trash"] = "skip"
    drafts: Literal["drafts", "label", "skip"] = "drafts"
    refused: Literal["quarantine", "repair"] = "quarantine"
    oversize: Literal["quarantine", "skip"] = "quarantine"
    placeholder: Literal["none", "message"] = "none"
    notice: Literal["none", "message"] = "none"
    notice_language: Literal["auto", "en", "ja"] = "auto"
    notice_contact: Text | None = Field(default=None, examples=["it@example.jp"])
    notice_from: Annotated[Text, AfterValidator(_sender)] = "mailhaul <notice@mailhaul.invalid>"
    collisions: Literal["keep-both", "gmail"] = "keep-both"
    order: Literal["newest-first", "oldest-first"] = "newest-first"
    first: tuple[Text, ...] = Field(default=(), examples=[["INBOX", "Projects/*"]])


class LimitsConfig(_Section):
    units_per_minute_user: Pace = 6_000
    units_per_minute_project: Pace = 1_200_000
    units_per_day: Pace = 0
    day_zone: Annotated[Text, AfterValidator(_zone)] = PACIFIC
    source_connections: Pace = 0
    source_bytes_per_second: Pace = 0
    source_bytes_per_day: Pace | None = Field(default=None, examples=[2_400_000_000])
    accounts: Count = 8
    idle_connections: Pace = 4
    uploads_per_user: Count = 4
    uploads_per_user_max: Count = 12
    settle_seconds: Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)] = 30.0
    request_timeout: Seconds = 120.0
    slice_messages: Count = 500
    memory_bytes: Annotated[int, Field(strict=True, ge=1_048_576)] = 67_108_864

    @model_validator(mode="after")
    def _start_below_maximum(self) -> Self:
        if self.uploads_per_user > self.uploads_per_user_max:
            raise refuse(UsageError("uploads-over-maximum"))
        return self


class StateConfig(_Section):
    database: Annotated[str, BeforeValidator(_database)] = "sqlite:///state/ledger.db"


class Schema(_Section):
    """The whole file."""

    source: SourceConfig
    target: TargetConfig
    labels: LabelsConfig = LabelsConfig()
    filters: FiltersConfig = FiltersConfig()
    policy: PolicyConfig = PolicyConfig()
    limits: LimitsConfig = LimitsConfig()
    state: StateConfig = StateConfig()
