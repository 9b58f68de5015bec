"""Which folders are special (RFC 6154): by the user's word, by attribute, else by name."""

from __future__ import annotations

import tomllib
from collections.abc import Container, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import cast

from migrate.labels.names import label_key
from migrate.labels.rules import Use
from migrate.source import Folder

# RFC 6154 2 and RFC 8457 3; \inbox, \allmail, \spam and \starred are from Gmail's older XLIST.
_ATTRIBUTES: dict[str, Use] = {
    "\\inbox": "inbox", "\\sent": "sent", "\\drafts": "drafts", "\\junk": "junk",
    "\\spam": "junk", "\\trash": "trash", "\\all": "all", "\\allmail": "all",
    "\\archive": "archive", "\\flagged": "flagged", "\\starred": "flagged",
    "\\important": "important",
}  # fmt: skip
GMAIL_ROOTS = frozenset({"[gmail]", "[google mail]"})
ROOTS = GMAIL_ROOTS | {"inbox"}
"""First components that only hold other folders, as `label_key`s."""
_VIRTUAL: dict[str, Use] = {"all mail": "all", "starred": "flagged", "important": "important"}


def special_uses(folders: Sequence[Folder], overrides: Mapping[str, str]) -> list[Use]:
    """The use of each folder. Names count only where no attribute claims the same use."""
    spoken = {label_key(path): cast(Use, use) for path, use in overrides.items()}
    stated = [spoken.get(label_key("/".join(each.path))) or _stated(each) for each in folders]
    taken = set(stated)
    return [
        use or _by_name(folder.path, taken) for folder, use in zip(folders, stated, strict=True)
    ]


def _stated(folder: Folder) -> Use | None:
    if len(folder.path) == 1 and label_key(folder.path[0]) == "inbox":
        return "inbox"
    return next((use for name, use in _ATTRIBUTES.items() if name in folder.attributes), None)


def _by_name(path: tuple[str, ...], taken: Container[Use | None]) -> Use:
    *above, name = map(label_key, path)
    if len(above) == 1 and above[0] in GMAIL_ROOTS and name in _VIRTUAL:
        return _VIRTUAL[name]
    near_the_top = not above or (len(above) == 1 and above[0] in ROOTS)
    use = _names().get(name, "none") if near_the_top else "none"
    return "none" if use in taken else use


@cache
def _names() -> dict[str, Use]:
    text = files(__package__).joinpath("special_use.toml").read_text(encoding="utf-8")
    table = cast(dict[Use, list[str]], tomllib.loads(text))
    return {label_key(name): use for use, names in table.items() for name in names}
