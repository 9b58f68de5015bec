"""Of folders: which label each gets, and why it is not simply called the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .case import Case, letter, place

MARK = "(#)"
"""Stands for a mark of eight hex digits in parentheses."""
_LONG = "long " * 47


@dataclass(frozen=True, slots=True)
class Named:
    """What becomes of a folder's name."""

    label: str | None
    """None: not copied."""
    why: str | None = None


_LEVELS = "/".join(f"Level {n}" for n in range(1, 21))
PLAIN = [
    "Projects",
    "Projects/提案",
    "Lists",
    "Lists/2019/Q4",
    "x" * 200,
    _LEVELS,
    "Parent that is none/Child",
    "Ελληνικά",
    "Русский/Папка",
    "עברית",
    "العربية",
    "ไทย",
    "한국어",
    "हिन्दी",
    "取引先/山田商事",
    "見積　書",
    "📁 Ablage 👨‍👩‍👧 ✉️",
    'He said "no"',
    "back\\slash",
    "50% off",
    "star*",
    "a~b",
    "Sub/~home",
    "a&b",
    "&AGE-",
    "(parens)",
    "{9}",
    "[brackets]",
    "=FORMULA()",
    "<tag>&amp;",
    "semi;colon, comma",
    "$HOME `id` $(id)",
    "#news",
    "'",
    "Sub/Sent",
    "Sub/Trash",
    "TRASH can",
]
RENAMED = {
    "Trash": Named("Trash (imported)", "reserved"),
    "Muted": Named("Muted (imported)", "reserved"),
    "Todo": Named("Todo (imported)", "reserved"),
    "Migrated": Named("Migrated (imported)", "reserved"),
    "Da leggere": Named("Da leggere (imported)", "reserved"),
    "Da leggere/2010": Named("Da leggere (imported)/2010", "reserved"),
    "Enviado": Named("Enviado (imported)", "reserved"),
    "Ongelezen": Named("Ongelezen (imported)", "reserved"),
    "ゴミ箱": Named("ゴミ箱 (imported)", "reserved"),
    "Sent Items": Named("Sent Items"),
    "OFFERS": Named("OFFERS"),
    "Offers": Named(f"Offers {MARK}", "collision"),
    "Café": Named("Café"),
    "Cafe\u0301": Named(f"Café {MARK}", "collision"),
    "Straße": Named(f"Straße {MARK}", "collision"),
    "STRASSE": Named("STRASSE"),
    _LONG + "one": Named(f"{_LONG[:214].rstrip()} {MARK}", "length"),
    _LONG + "two": Named(f"{_LONG[:214].rstrip()} {MARK}", "length"),
    " leading": Named("leading", "characters"),
    "trailing ": Named("trailing", "characters"),
    "two  blanks": Named("two blanks", "characters"),
    "gnp\u202eexe": Named("gnp\\u202eexe"),
    "\u200b": Named("_", "characters"),
    "INBOX/Below": Named("Below", "reserved"),
}
SYSTEM = {"INBOX": "INBOX", "Sent": "SENT", "Drafts": "DRAFT", "Junk": "SPAM"}
TOLD = {"gnp\u202eexe": "gnp\\u202eexe"}
"""Folder → its name in reports, where that is another: what acts on the text around it is shown."""
REFUSED = ["~", "~home"]
"""Listed by Dovecot, which then says NO to whoever wants to open them."""
EMPTY = ["Empty", "Empty/Below"]
"""Folders without a message: their labels are made all the same."""
FOLDERS = (
    {name: Named(label) for name, label in SYSTEM.items()}
    | {name: Named(name) for name in [*PLAIN, *EMPTY]}
    | RENAMED
)


def filed() -> Iterator[Case]:
    """One message in each folder."""
    for number, folder in enumerate([*PLAIN, *RENAMED]):
        name = f"filed-{number}"
        yield Case(name, letter(name), (place(folder, "\\Seen"),))
