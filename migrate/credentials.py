"""Secrets, and references to where they are kept.

A `SecretRef` is written in `migration.toml` in place of the secret:

    { env = "NAME" }                          an environment variable
    { file = "path" }                         a file that only its owner can read
    { keyring = "service/user" }              the keyring of the desktop (extra `keyring`)
    { command = ["pass", "show", "name"] }    the output of a program, run without a shell

Of a file's or a program's text only the first line counts, without its line end (as `pass` has it).
"""

from __future__ import annotations

import importlib
import os
import stat
import subprocess
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from console.files import replace
from migrate.errors import UsageError

COMMAND_SECONDS = 60
"""A person may have to unlock a password store meanwhile."""

Text = Annotated[str, Field(min_length=1)]


class Secret:
    """A value that shows itself only to `reveal()`: not in repr, str, a log or a traceback."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def resolve(self) -> Secret:
        """Itself, so that a secret can stand where a reference may."""
        return self

    writable = False

    def store(self, text: str) -> None:
        raise UsageError("secret-not-stored")

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__


class SecretRef(BaseModel):
    """Where a secret is kept: exactly one of the four."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    env: Text | None = None
    file: Path | None = None
    keyring: Text | None = None
    command: tuple[Text, ...] | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_table(cls, value: object) -> object:
        if isinstance(value, dict | SecretRef):
            return value
        raise PydanticCustomError("secret-in-clear", "a secret stands here in clear")

    @field_validator("file", mode="after")
    @classmethod
    def _beside_config(cls, path: Path, info: ValidationInfo) -> Path:
        return beside_config(path, info)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1 or self.command == () or not self._well_formed():
            raise PydanticCustomError("secret-ref", "not one of env, file, keyring, command")
        return self

    def _well_formed(self) -> bool:
        return self.keyring is None or all(self.keyring.partition("/"))

    def resolve(self) -> Secret:
        """Read the secret now. UsageError when it can't be read or is empty."""
        if self.env is not None:
            text, place = _from_env(self.env), self.env
        elif self.file is not None:
            text, place = _from_file(self.file), str(self.file)
        elif self.keyring is not None:
            text, place = _from_keyring(self.keyring), self.keyring
        else:
            assert self.command is not None
            text, place = _from_command(self.command), self.command[0]
        first_line = text.partition("\n")[0].removesuffix("\r")
        if not first_line:
            raise UsageError("secret-empty", place=place)
        return Secret(first_line)

    @property
    def writable(self) -> bool:
        """Whether a new secret can be put into its place: a file, a keyring."""
        return self.file is not None or self.keyring is not None

    def store(self, text: str) -> None:
        """Put `text` into its place, durable and whole. UsageError where that can't be done."""
        if self.file is not None:
            _to_file(self.file, text)
        elif self.keyring is not None:
            _to_keyring(self.keyring, text)
        else:
            raise UsageError("secret-not-stored")


def beside_config(path: Path, info: ValidationInfo) -> Path:
    """`path` seen from the migration folder, which the validation context names."""
    directory: Path = (info.context or {}).get("directory", Path())
    return directory / path.expanduser()


def readable_by_others(path: Path) -> bool:
    """Whether the group or others may read `path`."""
    return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _decoded(data: bytes, place: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # The original error would carry the bytes of the secret.
        raise UsageError("secret-not-text", place=place) from None


def _from_env(name: str) -> str:
    if name not in os.environ:
        raise UsageError("secret-env-missing", name=name)
    return os.environ[name]


def _from_file(path: Path) -> str:
    try:
        if readable_by_others(path):
            raise UsageError("secret-file-open", file=path)
        return _decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError("secret-file-unreadable", file=path, reason=error.strerror) from error


def _to_file(path: Path, text: str) -> None:
    """0600; what follows the first line stays."""
    try:
        old, end, rest = _decoded(path.read_bytes(), str(path)).partition("\n")
        carriage = "\r" if old.endswith("\r") else ""
        replace(path, f"{text}{carriage}{end}{rest}".encode())
    except OSError as error:
        raise UsageError("secret-unwritable", place=path, reason=error.strerror) from error


def _from_keyring(entry: str) -> str:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        raise UsageError("keyring-not-installed", entry=entry) from None
    service, _, user = entry.partition("/")
    try:
        secret = keyring.get_password(service, user)
    except Exception as error:  # a backend of the desktop: its errors share no type
        raise UsageError("keyring-failed", entry=entry, reason=type(error).__name__) from None
    if secret is None:
        raise UsageError("keyring-no-entry", entry=entry, service=service, user=user)
    return str(secret)


def _to_keyring(entry: str, text: str) -> None:
    service, _, user = entry.partition("/")
    try:
        importlib.import_module("keyring").set_password(service, user, text)
    except Exception as error:  # as in reading; its text may carry the secret
        reason = type(error).__name__
        raise UsageError("secret-unwritable", place=entry, reason=reason) from None


def _from_command(words: tuple[str, ...]) -> str:
    """stderr stays the terminal's, where password stores ask and complain."""
    program = words[0]
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=COMMAND_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise UsageError("command-timeout", program=program, seconds=COMMAND_SECONDS) from None
    except OSError as error:
        raise UsageError("command-not-run", program=program, reason=error.strerror) from error
    if done.returncode:
        raise UsageError("command-failed", program=program, status=done.returncode)
    return _decoded(done.stdout, program)
