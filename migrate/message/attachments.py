"""Which attachments Gmail refuses by their names (https://support.google.com/mail/answer/6590).

It names the extensions, "including their compressed form (like .gz or .bz2 files) or when found
within archives (like .zip or .tgz files)". Refusals at import: GAM-team/got-your-back issues 62 and
508, YoRyan/turbogmailify issue 45. What is certain of it: vectors/blocked_attachment.json.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files

BLOCKED = frozenset(
    tomllib.loads(files(__package__).joinpath("blocked_attachments.toml").read_text("utf-8"))[
        "extensions"
    ]
)
DOCUMENTED = frozenset({".zip", ".tgz", ".gz", ".bz2"})
"""The archives that Google names."""
TARS = {".tgz": ".tar", ".tbz": ".tar", ".tbz2": ".tar"}
"""A compressed .tar by one extension → what it is when it is unpacked."""
ARCHIVES = frozenset({".tar", *DOCUMENTED, *TARS})
"""What can be looked into."""
OPAQUE = frozenset({".7z", ".rar", ".lzh", ".xz", ".txz", ".zst"})
"""Archives that can't; whether Gmail can is not known."""


def suffix(name: str) -> str:
    """The last extension with its dot, in lower case; empty without one.

    What Windows drops from the end of a file name (dots and blanks) is no part of it.
    """
    _, dot, last = name.rstrip(" .\0").rpartition(".")
    return f".{last.lower()}" if dot else ""


def blocked(name: str) -> bool:
    return suffix(name) in BLOCKED


def archive(name: str) -> bool:
    """Whether a file of this name may hold blocked ones."""
    return suffix(name) in ARCHIVES | OPAQUE
