"""`accounts.csv`: which source user becomes which target user.

UTF-8 (with or without BOM), UTF-16 with BOM or Shift_JIS (cp932), as spreadsheets save it;
comma, semicolon or tab; blank lines and lines that start with `#` don't count.
"""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrate.accounts import crossing
from migrate.credentials import Secret, SecretRef, readable_by_others
from migrate.errors import UsageError
from migrate.problems import misspelt, raise_all

REQUIRED = ("source_user", "target_user")
PASSWORDS = ("source_password", "source_password_env", "source_password_file")
REFRESH_TOKENS = (
    "source_refresh_token",
    "source_refresh_token_env",
    "source_refresh_token_file",
)
OPTIONAL = ("include", "exclude", "label_prefix", "wave", "aliases")
COLUMNS = (*REQUIRED, *PASSWORDS, *REFRESH_TOKENS, *OPTIONAL)

# The addresses Google Workspace can have: ASCII, no quoted local part.
_DOMAIN_LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
ADDRESS = re.compile(
    rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_DOMAIN_LABEL}(?:\.{_DOMAIN_LABEL})*", re.ASCII | re.I
)


@dataclass(frozen=True, slots=True)
class Account:
    """One row: a source user and a target user."""

    source_user: str
    target_user: str
    password: Secret | SecretRef | None = None
    include: tuple[str, ...] = ()
    """Shell globs on folder paths; they stand in for those of `[labels] include`."""
    exclude: tuple[str, ...] = ()
    """Shell globs on folder paths, besides those of `[labels] exclude`."""
    label_prefix: str | None = None
    """Stands in for `[labels] prefix`."""
    line: int = 0
    refresh_token: Secret | SecretRef | None = None
    wave: str = ""
    """The group of accounts that it is moved with; empty: none."""
    aliases: tuple[str, ...] = ()
    """Further addresses of this person, as of an old domain."""

    @property
    def pair(self) -> tuple[str, str]:
        """What the ledger knows it by."""
        return self.source_user, self.target_user


def read(
    path: Path, *, need_password: bool, need_refresh_token: bool = False
) -> tuple[Account, ...]:
    """All accounts of the file; UsageError with every problem of it."""
    needed = [PASSWORDS] * need_password + [REFRESH_TOKENS] * need_refresh_token
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise UsageError("accounts-missing", where=path.name, directory=path.parent) from None
    except OSError as error:
        raise UsageError("file-unreadable", where=path.name, reason=error.strerror) from error
    rows = list(_rows(_lines(_decoded(data, path.name)), path.name))
    if not rows:
        raise UsageError("accounts-empty", where=path.name)
    header_line, header = rows[0]
    columns = _columns(header, f"{path.name}:{header_line}")
    accounts: list[Account] = []
    problems: list[UsageError] = []
    for line, cells in rows[1:]:
        if isinstance(cells, UsageError):
            problems.append(cells)
            continue
        row = dict(zip(columns, cells, strict=False))
        surplus = cells[len(columns) :]
        problems += _row_problems(row, surplus, f"{path.name}:{line}", needed)
        accounts.append(_account(row, path.parent, line))
    if not rows[1:]:
        problems.append(UsageError("accounts-empty", where=path.name))
    problems += _duplicates(accounts, path.name)
    problems += crossing.problems(accounts, path.name)
    secrets = (secret for each in accounts for secret in (each.password, each.refresh_token))
    if any(isinstance(each, Secret) for each in secrets) and readable_by_others(path):
        problems.append(UsageError("accounts-open", where=path.name, file=path))
    raise_all(problems)
    return tuple(accounts)


def _decoded(data: bytes, where: str) -> str:
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError("accounts-encoding", where=where)


def _lines(text: str) -> list[str]:
    """Lines without their ends; comments become blank, so that line numbers stay true."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return ["" if line.lstrip().startswith("#") else line for line in lines]


def _rows(lines: Sequence[str], name: str) -> Iterator[tuple[int, list[str] | UsageError]]:
    """Line number and cells (or what is wrong) of each row; the header's delimiter is the file's.

    Each line is read by itself: no cell holds a line end, and a quote that is left open
    then spoils one row, not all that follow.
    """
    delimiter = ""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        delimiter = delimiter or max(",;\t", key=line.count)
        try:
            (cells,) = csv.reader([line], delimiter=delimiter, skipinitialspace=True, strict=True)
        except csv.Error:
            yield number, UsageError("accounts-quote", where=f"{name}:{number}")
            continue
        if any(cell.strip() for cell in cells):
            yield number, cells


def _columns(header: list[str] | UsageError, where: str) -> list[str]:
    if isinstance(header, UsageError):
        raise header
    names = [re.sub(r"[\s-]+", "_", cell.strip().lower()) for cell in header]
    if not set(names) & set(COLUMNS) and any("@" in name for name in names):
        raise UsageError("accounts-no-header", where=where)
    problems: list[UsageError] = []
    for column, name in enumerate(names, 1):
        if not name:
            problems.append(UsageError("column-unnamed", where=where, column=column))
        elif name not in COLUMNS:
            problems.append(misspelt("column-unknown", name, COLUMNS, where=where))
        elif name in names[: column - 1]:
            problems.append(UsageError("column-twice", where=where, column=name))
    problems += [
        UsageError("column-missing", where=where, column=name)
        for name in REQUIRED
        if name not in names
    ]
    raise_all(problems)
    return names


def _row_problems(
    row: dict[str, str],
    surplus: Sequence[str],
    where: str,
    needed: Sequence[tuple[str, ...]],
) -> Iterator[UsageError]:
    if any(surplus):
        yield UsageError("cells-surplus", where=where, count=len(surplus))
    for column in REQUIRED:
        if not row.get(column, "").strip():
            yield UsageError("cell-empty", where=where, column=column)
    target = row.get("target_user", "").strip()
    for alias in _aliases(row.get("aliases", "")):
        if not ADDRESS.fullmatch(alias):
            yield UsageError("alias-invalid", where=where, word=alias)
    if target and not ADDRESS.fullmatch(target):
        meant = unicodedata.normalize("NFKC", target).replace(" ", "")
        if meant != target and ADDRESS.fullmatch(meant):
            yield UsageError("address-invalid-near", where=where, word=target, suggestion=meant)
        else:
            yield UsageError("address-invalid", where=where, word=target)
    for columns in (PASSWORDS, REFRESH_TOKENS):
        given = [column for column in columns if row.get(column)]
        if len(given) > 1:
            yield UsageError("passwords-several", where=where, columns=", ".join(given))
        if columns in needed and not given:
            code = "password-missing" if columns == PASSWORDS else "refresh-token-missing"
            yield UsageError(code, where=where, columns=", ".join(columns))


def _account(row: dict[str, str], directory: Path, line: int) -> Account:
    cell = {column: text.strip() for column, text in row.items()}
    return Account(
        source_user=cell.get("source_user", ""),
        target_user=cell.get("target_user", ""),
        password=_secret(row, PASSWORDS, directory),
        include=_globs(cell.get("include", "")),
        exclude=_globs(cell.get("exclude", "")),
        label_prefix=cell.get("label_prefix") or None,
        line=line,
        refresh_token=_secret(row, REFRESH_TOKENS, directory),
        wave=unicodedata.normalize("NFKC", cell.get("wave", "")).strip(),
        aliases=_aliases(cell.get("aliases", "")),
    )


def _secret(
    row: dict[str, str], columns: Sequence[str], directory: Path
) -> Secret | SecretRef | None:
    clear, env, file = (row.get(column, "") for column in columns)
    if clear:
        return Secret(clear)  # as it stands: blanks may belong to it
    if env.strip():
        return SecretRef(env=env.strip())
    if file.strip():
        return SecretRef(file=directory / Path(file.strip()).expanduser())
    return None


def _globs(cell: str) -> tuple[str, ...]:
    return tuple(glob.strip() for glob in cell.split(";") if glob.strip())


def _aliases(cell: str) -> tuple[str, ...]:
    """Separated by semicolons, commas or blanks; `<taro@…>` as address books write it."""
    return tuple(each.strip("<>") for each in re.split(r"[;,\s]+", cell) if each)


def _duplicates(accounts: Sequence[Account], name: str) -> Iterator[UsageError]:
    for column in REQUIRED:
        first: dict[str, int] = {}
        for account in accounts:
            user: str = getattr(account, column)
            line = first.setdefault(user.casefold(), account.line)
            if user and line != account.line:
                where = f"{name}:{account.line}"
                yield UsageError("user-twice", where=where, column=column, user=user, first=line)
