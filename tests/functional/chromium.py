"""A headless Chromium over its debugging pipe (Chrome DevTools Protocol, NUL-delimited JSON)."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

BINARY = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)


class Page:
    """One tab; `events` collects (method, params) of everything that it reports."""

    def __init__(self, commands: BinaryIO, answers: BinaryIO) -> None:
        self._commands, self._answers = commands, answers
        self._count = 0
        self._session: str | None = None
        self.events: list[tuple[str, dict[str, Any]]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        self._commands.flush()
        while (answer := self._read()).get("id") != self._count:
            pass
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def _read(self) -> dict[str, Any]:
        raw = b""
        while not raw.endswith(b"\0"):
            octet = self._answers.read(1)
            assert octet, "chromium has ended"
            raw += octet
        message: dict[str, Any] = json.loads(raw[:-1])
        if "method" in message:
            self.events.append((message["method"], message["params"]))
        return message

    def open(self, url: str, width: int) -> None:
        """Load `url` at `width` CSS pixels; returns after the load event."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        self.events.clear()
        self.call("Page.navigate", url=url)
        while not any(method == "Page.loadEventFired" for method, _ in self.events):
            self._read()

    def evaluate(self, expression: str) -> Any:
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return result["result"]["value"]


@contextmanager
def page(profile: Path) -> Iterator[Page]:
    """A tab of a fresh Chromium whose profile is `profile`; the browser ends with the block."""
    assert BINARY
    commands_out, commands_in = os.pipe()
    answers_out, answers_in = os.pipe()
    # Out of the way of 3 and 4, the descriptors that --remote-debugging-pipe means.
    theirs = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (commands_out, answers_in)]

    def wire() -> None:
        os.dup2(theirs[0], 3)
        os.dup2(theirs[1], 4)

    command = [BINARY, *_FLAGS, f"--user-data-dir={profile}"]
    with subprocess.Popen(
        command, preexec_fn=wire, close_fds=False, stderr=subprocess.DEVNULL
    ) as browser:
        for fd in (commands_out, answers_in, *theirs):
            os.close(fd)
        try:
            with os.fdopen(commands_in, "wb") as out, os.fdopen(answers_out, "rb") as back:
                yield Page(out, back)
        finally:
            browser.terminate()
