"""Google's errors by name: the table `named_errors.toml`, for our own refusals and fault rules."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

from migrate.sandbox.http.errors import ApiError

ERRORS: dict[str, dict[str, Any]] = tomllib.loads(
    (files(__package__) / "named_errors.toml").read_text("utf-8")
)


class TokenError(Exception):
    """A refusal of the token endpoint, RFC 6749 5.2."""

    def __init__(self, status: int, error: str, description: str | None = None) -> None:
        super().__init__(error, description)
        self.status = status
        self.body = {"error": error} | ({"error_description": description} if description else {})


def refused(name: str, **given: str) -> ApiError:
    """The API's error of that name; `given` fills in its {words}."""
    spec = {key: filled(value, given) for key, value in ERRORS[name].items() if key != "source"}
    return ApiError(spec.pop("code"), spec.pop("message"), **spec)


def no_token(name: str, **given: str) -> TokenError:
    """The token endpoint's error of that name; `given` fills in its {words}."""
    spec = ERRORS[name]
    return TokenError(spec["code"], spec["error"], filled(spec.get("description"), given))


def host(method: str) -> str:
    """Of the API that a method id belongs to."""
    api = method.partition(".")[0]
    return f"{'admin' if api == 'directory' else api}.googleapis.com"


def is_of_token_endpoint(name: str) -> bool:
    return "error" in ERRORS[name]


def wants_time(name: str) -> bool:
    """Whether it names a time that one should wait for."""
    return "{retry}" in ERRORS[name].get("message", "")


def filled(value: Any, given: dict[str, str]) -> Any:
    """`value` with the {words} of all its texts filled in."""
    if isinstance(value, str):
        return value.format_map(given)
    if isinstance(value, list):
        return [filled(each, given) for each in value]
    if isinstance(value, dict):
        return {key: filled(each, given) for key, each in value.items()}
    return value
