"""Old addresses and mixed-up rows, as `check` tells them; the source need not be there for it."""

from __future__ import annotations

from pathlib import Path

from tests.sandboxes import running

from .migration import FAST, ROOT, Migration

DOMAIN = "example.co.jp"
EXAMPLE = ROOT / "examples" / "sandbox" / "directory.toml"


def test_aliases_that_google_does_not_know(tmp_path: Path) -> None:
    hanako, taro = f"hanako.sato@{DOMAIN}", f"taro.suzuki@{DOMAIN}"
    with running(
        tmp_path / "sandbox", f"{hanako},{taro}", extra=["--directory", str(EXAMPLE)]
    ) as sandbox:
        admin = f'directory_admin = "{hanako}"'
        made = Migration(tmp_path / "move")
        made.write("imaps://127.0.0.1:1", None, sandbox, {}, FAST, admin)
        (made.directory / "accounts.csv").write_text(
            "source_user,target_user,source_password,aliases\n"
            f"hanako,{hanako},x,INFO@{DOMAIN}\n"
            f"hanako.sato,{taro},x,info2@{DOMAIN};taro@old.example.jp\n"
        )
        done = made("check", "--json")
    assert done.code == 5, done.said
    first, second = done.json["accounts"]
    (known,) = [each for each in first["checks"] if each["check"] == "aliases"]
    assert known["level"] == "ok"
    (unknown,) = [each for each in second["checks"] if each["check"] == "aliases"]
    assert (unknown["level"], unknown["code"]) == ("warning", "aliases-missing")
    assert f"info2@{DOMAIN}, taro@old.example.jp" in unknown["cause"]
    codes = {each.get("code") for each in done.json["checks"] if each["check"] == "targets"}
    assert codes == {"target-named-like-source"}, "hanako goes where another row comes from"
