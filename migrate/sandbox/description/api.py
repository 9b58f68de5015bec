"""Routes and validators, compiled once from the discovery documents the Python client ships.

So no endpoint, parameter, enum or scope can drift from Google's own description
(googleapiclient/discovery_cache/documents/gmail.v1.json and its neighbours).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from migrate.sandbox.http.errors import ApiError

DOCUMENTS = (
    *("gmail.v1", "admin.directory_v1", "licensing.v1", "groupsmigration.v1"),
    *("iamcredentials.v1", "drive.v3"),
)
_ONLY = {"drive.v3": "about"}
"""Of a large API, the one resource that is served."""
INTEGER_BITS = {"int32": 31, "uint32": 32, "int64": 63, "uint64": 64}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter; `read` turns its text into str, bool or int."""

    name: str
    type: str
    format: str | None
    enum: frozenset[str] | None
    repeated: bool
    default: Any

    @classmethod
    def of(cls, name: str, spec: Mapping[str, Any]) -> Parameter:
        enum = frozenset(spec["enum"]) if "enum" in spec else None
        bare = cls(name, spec["type"], spec.get("format"), enum, bool(spec.get("repeated")), None)
        if "default" not in spec:
            return bare
        return cls(name, bare.type, bare.format, enum, bare.repeated, bare.read(spec["default"]))

    def read(self, text: str) -> str | bool | int:
        if self.type == "boolean":
            if text.lower() in ("true", "false", "1", "0"):
                return text.lower() in ("true", "1")
            raise self._refused("TYPE_BOOL", text)
        if self.format in INTEGER_BITS:
            low = 0 if self.format.startswith("u") else -(2 ** INTEGER_BITS[self.format])
            digits = text.removeprefix("-")
            if digits.isascii() and digits.isdigit():
                number = int(text)
                if low <= number < 2 ** INTEGER_BITS[self.format]:
                    return number
            raise self._refused(f"TYPE_{self.format.upper()}", text)
        if self.enum is not None and text not in self.enum:
            raise self._refused("TYPE_ENUM", text)
        return text

    def _refused(self, kind: str, text: str) -> ApiError:
        return _bad_request(f"Invalid value at '{_snake(self.name)}' ({kind}), \"{text}\"")


def _snake(name: str) -> str:
    """A field as Google's errors name it."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def _bad_request(message: str) -> ApiError:
    violation = {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"description": message}],
    }
    return ApiError(400, message, reason="invalid", details=[violation])


class Schemas:
    """The schemas of one document, by name."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        schema: Mapping[str, Any] = self._schemas[name]
        return schema

    def read(self, schema: Mapping[str, Any], value: Any, where: str = "") -> Any:
        """A JSON value as its schema has it: fields that are null left out, a single value where
        several may stand made a list. ApiError 400 for unknown names and wrong types, as
        Google's transcoder words it."""
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"]]
        kind = schema.get("type")
        if kind == "object":
            return self._read_object(schema.get("properties", {}), value, where)
        if kind == "array":
            several = value if isinstance(value, list) else [value]
            return [
                self.read(schema["items"], each, f"{where}[{index}]")
                for index, each in enumerate(several)
            ]
        if "enum" in schema and value not in schema["enum"]:
            fine, kind = False, "enum"
        elif kind == "boolean":
            fine, kind = isinstance(value, bool), "bool"
        elif schema.get("format") in INTEGER_BITS:
            fine, kind = _is_integer(value, schema["format"]), schema["format"]
        else:
            fine = kind != "string" or isinstance(value, str)
        if not fine:
            named = f"TYPE_{str(kind).upper()}"
            raise _bad_request(f"Invalid value at '{where}' ({named}), {json.dumps(value)}")
        return value

    def missing(self, schema: Mapping[str, Any], mask: Mapping[str, Any]) -> str | None:
        """The path, with dots, of the first field of a `fields` mask that the schema lacks."""
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"]]
        if schema.get("type") == "array":
            return self.missing(schema["items"], mask)
        known, any_other = schema.get("properties", {}), schema.get("additionalProperties")
        for name, inner in mask.items():
            if name == "*":
                continue
            field = known.get(name, any_other)
            if field is None:
                return name
            if inner and (below := self.missing(field, inner)):
                return f"{name}.{below}"
        return None

    def _read_object(self, known: Mapping[str, Any], value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _bad_request(f"Invalid value at '{where}', {json.dumps(value)}")
        for name in value:
            if name not in known:
                at = f" at '{where}'" if where else ""
                raise _bad_request(
                    f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.'
                )
        return {
            name: self.read(
                known[name], inner, f"{where}.{_snake(name)}" if where else _snake(name)
            )
            for name, inner in value.items()
            if inner is not None
        }


def _is_integer(value: Any, format_: str) -> bool:
    """Integers may come as numbers or as text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return False
    text = str(value)
    low = 0 if format_.startswith("u") else -(2 ** INTEGER_BITS[format_])
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        return False
    return bool(low <= int(text) < 2 ** INTEGER_BITS[format_])


@dataclass(frozen=True, slots=True)
class Method:
    """One API method."""

    id: str
    scopes: frozenset[str]
    parameters: Mapping[str, Parameter]
    schemas: Schemas
    request: Mapping[str, Any] | None
    """Schema of the JSON body, None when there is none."""
    response: Mapping[str, Any] | None
    """Schema of the answer, None when there is none."""
    max_size: int
    """Bytes a media upload may have; 0 when the method takes none."""

    def query(self, pairs: list[tuple[str, str]]) -> dict[str, Any]:
        """Validated parameters, defaults filled in. ApiError 400 as Google words it."""
        values: dict[str, Any] = {}
        for name, text in pairs:
            parameter = self.parameters.get(name)
            if parameter is None:
                raise _bad_request(
                    f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query '
                    f"parameter. Field '{name}' could not be found in request message."
                )
            value = parameter.read(text)
            if parameter.repeated:
                values.setdefault(name, []).append(value)
            else:
                values[name] = value
        for name, parameter in self.parameters.items():
            if name not in values and parameter.default is not None:
                values[name] = parameter.default
        return values

    def check_mask(self, mask: Mapping[str, Any]) -> None:
        """ApiError 400 for a field that the answer can't have.

        As the Sheets API answers (tidyverse/gargle, fixtures/
        sheets-spreadsheets-get-bad-field-mask_400.rds), which has the same front end.
        """
        if self.response is None or (path := self.schemas.missing(self.response, mask)) is None:
            return
        text = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
        violation = {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": path, "description": text}],
        }
        raise ApiError(400, "Request contains an invalid argument.", details=[violation])

    def read(self, resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """The JSON body as its schema has it; ApiError 400."""
        if not resource or self.request is None:
            return resource
        read: dict[str, Any] = self.schemas.read(self.request, resource)
        return read


@dataclass(frozen=True, slots=True)
class Route:
    method: Method
    names: tuple[str, ...]
    """Of the path parameters, in order."""
    upload: str | None
    """None: plain JSON. `simple` or `resumable`: the upload path of that protocol."""


class Api:
    """All documents together: `find` a route."""

    def __init__(self, names: Sequence[str] = DOCUMENTS) -> None:
        self._tree: dict[str, Any] = {}
        self.methods: dict[str, Method] = {}
        for name in names:
            self._read(document(name))

    @property
    def scopes(self) -> frozenset[str]:
        """All that some method takes."""
        return frozenset().union(*(method.scopes for method in self.methods.values()))

    def _read(self, source: Mapping[str, Any]) -> None:
        schemas = Schemas(source["schemas"])
        common = {name: Parameter.of(name, spec) for name, spec in source["parameters"].items()}
        for spec in _methods(source):
            media = spec.get("mediaUpload", {})
            query = {
                name: Parameter.of(name, each)
                for name, each in spec.get("parameters", {}).items()
                if each["location"] == "query"
            }
            method = Method(
                id=spec["id"],
                scopes=frozenset(spec.get("scopes", ())),
                parameters=common | query,
                schemas=schemas,
                request=schemas[spec["request"]["$ref"]] if "request" in spec else None,
                response=schemas[spec["response"]["$ref"]] if "response" in spec else None,
                max_size=int(media.get("maxSize", 0)),
            )
            self.methods[method.id] = method
            path = spec["flatPath"] if "+" in spec["path"] else spec["path"]
            self._add(spec["httpMethod"], f"/{source['servicePath']}{path}", method, None)
            for protocol, way in media.get("protocols", {}).items():
                self._add(spec["httpMethod"], way["path"], method, protocol)

    def _add(self, verb: str, path: str, method: Method, upload: str | None) -> None:
        node, names = self._tree, []
        for part in path.strip("/").split("/"):
            if part.startswith("{"):
                name, _, verb_ = part[1:].partition("}")
                names.append(name)
                part = "{}" + verb_
            node = node.setdefault(part, {})
        node[f" {verb}"] = Route(method, tuple(names), upload)

    def find(self, verb: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route of a request and its path parameters; literal parts win over parameters.

        `path` is still percent-encoded. ApiError 404 for an unknown path or verb.
        """
        node, values = self._tree, []
        for part in path.strip("/").split("/"):
            if part in node and not part.startswith("{}"):
                node = node[part]
            elif (custom := "{}:" + part.rpartition(":")[2]) in node:  # google.aip.dev/136
                node = node[custom]
                values.append(unquote(part.rpartition(":")[0]))
            elif "{}" in node and part:
                node = node["{}"]
                values.append(unquote(part))
            else:
                raise ApiError(404, "Not Found")
        route = node.get(f" {verb}")
        if not isinstance(route, Route):
            raise ApiError(404, "Not Found")
        return route, dict(zip(route.names, values, strict=True))


def document(name: str) -> dict[str, Any]:
    """A discovery document as Google publishes it; `name` like `gmail.v1`."""
    source = files("googleapiclient.discovery_cache.documents") / f"{name}.json"
    found: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    if only := _ONLY.get(name):
        found["resources"] = {only: found["resources"][only]}
    return found


def _methods(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from resource.get("methods", {}).values()
    for each in resource.get("resources", {}).values():
        yield from _methods(each)
