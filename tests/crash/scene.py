"""One migration of the crash suite: its folder, its mailbox at the target, its commands."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal, Protocol

from tests.contracts.gmail import Mailbox, b64
from tests.crash import killer, oracle
from tests.crash.letters import OWNER, Letter, letters
from tests.forks import FORKS

PASSWORD = "rehearsal"
ROOT = Path(__file__).parents[2]
UPLOADS = "gmail.users.messages.i*"
"""Glob over the method ids of import and insert."""
KILLED = -9
PATIENCE = 300.0
"""Seconds after which a command is taken for hung. Where Gmail refuses for its quota again and
again, one takes up to 90 of them on a machine that does nothing else."""


class Imap(Protocol):
    """Where a source listens."""

    @property
    def port(self) -> int: ...
    @property
    def ca_file(self) -> Path: ...


@dataclass
class Scene:
    directory: Path
    imap: Imap
    mailbox: Mailbox
    source_user: str = OWNER
    scopes: Literal["minimal", "modify", "full"] = "modify"
    hurry: bool = False
    """Wait a moment where the product waits long for a server that is busy or away."""
    settle: float = 0.6
    uploads: int = 4
    """At a time."""
    seeded: dict[str, tuple[bytes, list[str]]] = field(default_factory=dict)
    wanted: list[Letter] = field(default_factory=letters)
    """What the source has, with the end that it must come to."""
    _streams: tuple[str, str] = ("out", "err")

    def __post_init__(self) -> None:
        accounts = self.directory / "accounts.csv"
        accounts.touch(mode=0o600)
        accounts.write_text(
            f"source_user,target_user,source_password\n{self.source_user},{self.mailbox.user},{PASSWORD}\n"
        )
        self.configure()
        self.script()

    def configure(
        self,
        include: Sequence[str] = (),
        refused: str = "quarantine",
        placeholder: str = "none",
        notice: str = "none",
    ) -> None:
        """Write migration.toml; with `include` only these folders are copied."""
        text = f"""
[source]
url = "imaps://127.0.0.1:{self.imap.port}"
ca_file = {json.dumps(str(self.imap.ca_file))}
[target]
api = "{self.mailbox.url}"
key_file = {json.dumps(str(self.mailbox.key_file))}
scopes = "{self.scopes}"
[labels]
include = {json.dumps(list(include))}
[policy]
refused = "{refused}"
placeholder = "{placeholder}"
notice = "{notice}"
[limits]
units_per_minute_user = 0
settle_seconds = {self.settle}
slice_messages = 5
uploads_per_user = {self.uploads}
uploads_per_user_max = {self.uploads}
"""
        (self.directory / "migration.toml").write_text(text, encoding="utf-8")

    def script(self, *rules: Mapping[str, Any]) -> None:
        """Have the sandbox fail by these rules, and by no others."""
        body = json.dumps({"rules": rules}).encode()
        status, answer = self.mailbox.request("PUT", "/_sandbox/faults", body)
        assert status == 200, answer

    def seed(self, before: Mapping[str, tuple[bytes, list[str]]]) -> None:
        """Put messages into the target that are not ours."""
        for token, (raw, labels) in before.items():
            query = "internalDateSource=dateHeader"
            status, answer = self.mailbox.request(
                "POST",
                f"/gmail/v1/users/me/messages?{query}",
                json.dumps({"raw": b64(raw), "labelIds": labels}).encode(),
                "application/json",
            )
            assert status == 200, answer
            self.seeded[token] = (raw, labels)

    def asked(self, *methods: str) -> int:
        """How often the sandbox has been asked for these, by all scenes; by itself for
        what makes messages."""
        requests = self._stats()["requests"]
        wanted = methods or ("messages.import", "messages.insert", "drafts.create")
        return sum(requests.get(f"gmail.users.{each}", 0) for each in wanted)

    def requests(self) -> int:
        """How often the sandbox has been asked for anything at all."""
        return sum(self._stats()["requests"].values())

    def held(self) -> int:
        """Requests that wait for `release`; by all scenes."""
        return int(self._stats()["held"])

    def fault_hits(self) -> list[int]:
        """How often each of the rules in force has struck."""
        return list(self._stats()["fault_hits"])

    def release(self) -> None:
        """Let the held requests go on; whoever looks afterwards finds them done."""
        assert self.mailbox.request("POST", "/_sandbox/release")[0] == 200

    def _stats(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.mailbox.request("GET", "/_sandbox/stats")[1]
        return answer

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is run in the block writes to files of its own."""
        self._streams = ("other-out", "other-err")
        try:
            yield
        finally:
            self._streams = ("out", "err")

    @contextmanager
    def started(self) -> Iterator[subprocess.Popen[str]]:
        """`mailhaul migrate run` as anybody starts it; it does not outlive the block."""
        words = ["migrate", "run", "--dir", str(self.directory), "--lang", "en"]
        child = subprocess.Popen(
            [sys.executable, "-m", "mailhaul", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with child:
            try:
                yield child
            finally:
                child.kill()

    def fork(self, *options: str, command: Sequence[str] = ("run",)) -> BaseProcess:
        """The same, sooner: in a process of its own; `options` are those of `killer.py`."""
        options = (*options, "--hurry") if self.hurry else options
        words = [*options, "--", "migrate", *command, "--dir", str(self.directory), "--lang", "en"]
        output = [str(self._output(each)) for each in self._streams]
        child = FORKS.Process(target=killer.command, args=(words, *output))
        child.start()
        return child

    def run(self, *options: str, command: Sequence[str] = ("run",)) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of a `fork` that ends by itself."""
        child = self.fork(*options, command=command)
        try:
            child.join(PATIENCE)
            assert child.exitcode is not None, f"{command} hangs"
        finally:
            child.kill()
        out, err = (self._output(each).read_text("utf-8") for each in self._streams)
        return child.exitcode, out, err

    def told(self) -> str:
        """What the last command has said on standard error."""
        return self._output(self._streams[1]).read_text("utf-8")

    def _output(self, kind: str) -> Path:
        return self.directory.with_suffix(f".{kind}")

    def complete(self, *options: str, expected: int | None = None) -> None:
        """Run until all is done: a run or two after whatever happened."""
        for _ in range(2):
            code, _, told = self.run(*options)
            if code != 4:
                break
        assert code == (self.code if expected is None else expected), told

    @property
    def code(self) -> int:
        """With which a run must end: 0 would be wrong where some letters are refused."""
        return 3 if any(each.end == "quarantined" for each in self.wanted) else 0

    def target_faults(self, first: Collection[str] | None = None) -> list[str]:
        return list(oracle.faults(self.wanted, oracle.target(self.mailbox), self.seeded, first))

    def document(self, *command: str) -> dict[str, Any]:
        """The document of a command, with its exit code as `exit`."""
        code, out, told = self.run(command=[*command, "--json"])
        answer: dict[str, Any] = json.loads(out)
        assert "error" not in answer, told
        return answer | {"exit": code}

    def check(self, first: Collection[str] | None = None) -> None:
        """Everything that must be true after `complete`."""
        assert self.target_faults(first) == []
        self._check_sums(self.document("status"))
        verified = self.document("verify", "--deep")
        assert (verified["differences"], verified["exit"]) == ([], self.code)
        self._check_quarantine()
        before = self.asked()
        self.complete()
        assert self.asked() == before

    def _check_sums(self, status: Mapping[str, Any]) -> None:
        expected = dict.fromkeys(("imported", "merged", "present", "skipped", "quarantined"), 0)
        for letter in self.wanted:
            copies = len(letter.places)
            end = "present" if letter.token in self.seeded else letter.end
            expected[end] += 1 if end == "imported" else copies
            expected["merged"] += copies - 1 if end == "imported" else 0
        whole = {"source": sum(expected.values()), "pending": 0}
        assert status["totals"] == expected | whole
        assert status["exit"] == self.code
        folders = [each for account in status["accounts"] for each in account["folders"]]
        for each in folders:
            totals = dict(each["totals"])
            places = [place for letter in self.wanted for place, _ in letter.places]
            there = places.count(each["name"])
            assert totals.pop("source") == sum(totals.values()) == there, each

    def _check_quarantine(self) -> None:
        kept = [each.read_bytes() for each in self.directory.glob("quarantine/*/*.eml")]
        refused = [each.raw for each in self.wanted if each.end == "quarantined"]
        assert sorted(kept) == sorted(refused)


def wait_until(true: Callable[[], bool], child: subprocess.Popen[str] | BaseProcess) -> None:
    """Wait for what the running `child` is about to bring about."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        if isinstance(child, BaseProcess):
            assert child.is_alive(), child.exitcode
        else:
            assert child.poll() is None, child.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def twice(faults: Iterable[str]) -> list[str]:
    return [each for each in faults if each.startswith("twice")]
