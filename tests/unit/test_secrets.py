from __future__ import annotations

import sys
import traceback
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from migrate import credentials
from migrate.credentials import Secret, SecretRef
from tests.unit.told import problems, told


def code(ref: SecretRef) -> str:
    ((found, _),) = problems(ref.resolve)
    return found


def file(path: Path, content: bytes, mode: int = 0o600) -> SecretRef:
    path.write_bytes(content)
    path.chmod(mode)
    return SecretRef(file=path)


def python(program: str) -> SecretRef:
    return SecretRef(command=(sys.executable, "-c", program))


def test_a_secret_hides_itself() -> None:
    secret = Secret("hunter2")
    shown = f"{secret} {secret!r} {[secret]} {vars(SimpleNamespace(secret=secret))}"
    assert "hunter2" not in shown
    assert secret.reveal() == "hunter2"
    assert secret.resolve() is secret


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = SecretRef(env="MAILHAUL_TEST_SECRET")
    assert code(reference) == "secret-env-missing"
    monkeypatch.setenv("MAILHAUL_TEST_SECRET", "p w")
    assert reference.resolve().reveal() == "p w"
    monkeypatch.setenv("MAILHAUL_TEST_SECRET", "")
    assert code(reference) == "secret-empty"


@pytest.mark.parametrize("content", ["pä\n", "pä", "pä\r\n", "\ufeffpä\nuser: taro\n"])
def test_the_first_line_of_a_file(tmp_path: Path, content: str) -> None:
    assert file(tmp_path / "s", content.encode()).resolve().reveal() == "pä"


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    assert code(file(tmp_path / "a", b"\n")) == "secret-empty"
    assert code(file(tmp_path / "b", b"x", 0o640)) == "secret-file-open"
    assert code(file(tmp_path / "c", b"\xff\xfe")) == "secret-not-text"
    assert code(SecretRef(file=tmp_path / "none")) == "secret-file-unreadable"
    assert "chmod 600" in told(SecretRef(file=tmp_path / "b").resolve)


def test_the_first_line_of_a_program() -> None:
    assert python("print('hunter2'); print('url: x')").resolve().reveal() == "hunter2"
    assert SecretRef(command=("echo", "$HOME; id")).resolve().reveal() == "$HOME; id"


def test_programs_that_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert code(python("print('hunter2'); raise SystemExit(3)")) == "command-failed"
    assert "hunter2" not in told(python("print('hunter2'); raise SystemExit(3)").resolve)
    assert code(SecretRef(command=("mailhaul-no-such-program",))) == "command-not-run"
    monkeypatch.setattr(credentials, "COMMAND_SECONDS", 0.01)
    assert code(python("import time; time.sleep(60)")) == "command-timeout"


def test_a_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = SecretRef(keyring="imap/taro")
    entries = {("imap", "taro"): "hunter2"}
    fake = SimpleNamespace(get_password=lambda service, user: entries.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", fake)
    assert reference.resolve().reveal() == "hunter2"
    entries.clear()
    assert code(reference) == "keyring-no-entry"

    def locked(service: str, user: str) -> str:
        raise RuntimeError("hunter2")

    fake.get_password = locked
    assert code(reference) == "keyring-failed"
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert code(reference) == "keyring-not-installed"


@pytest.mark.parametrize("value", ["hunter2", {"env": "A", "file": "hunter2"}, {"evn": "hunter2"}])
def test_a_refused_reference_does_not_show_its_value(value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        SecretRef.model_validate(value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
