"""`assess score`, `explain`, `whatif`, `diff`, `report`, `verify` as the command runs them."""

from __future__ import annotations

import hashlib
import json
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import mailhaul
from assess.catalog import load
from assess.reading import Case
from assess.result import Assessment
from tests.unit.test_assess_workbook import Recalculated

CASES = Path(__file__).parents[2] / "data" / "assess"
DAY = ("--date", "2026-11-24")
FEW = 500
"""Draws instead of 10,000 for the margin and 2,000 for the costs."""
CONTRACT = {
    "outcome", "leaning", "margin", "robustness", "confidence", "vetoes", "contributions", "tilt",
    "cost",
}  # fmt: skip


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """How often is drawn is not the point, but where a test is marked `all_draws`."""
    if request.node.get_closest_marker("all_draws") is None:
        monkeypatch.setattr("assess.fit.score.DRAWS", FEW)
        monkeypatch.setattr("assess.fit.score.COST_DRAWS", FEW)
        assess = partialmethod(Case.assess, draws=FEW)
        monkeypatch.setattr(Case, "assess", assess)


def run(*words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(mailhaul.app, ["assess", *words])
    assert done.exit_code == code, done.output
    return done


def read(*words: str, code: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*words, "--json", code=code).stdout)
    return found


def case(name: str) -> tuple[str, str]:
    return "--answers", str(CASES / f"{name}.toml")


def reported(folder: Path, name: str, *words: str) -> Path:
    run("report", *case(name), *DAY, "--format", "json", "--out", str(folder), *words)
    return folder / "report.json"


@pytest.mark.all_draws
def test_score_keeps_to_its_contract() -> None:
    found = read("score", *case("regional-bank"), *DAY)
    assert set(found) >= CONTRACT and found["schema"] == 1
    assert found["outcome"] == "on-prem"
    points = sum(each["points"] for each in found["contributions"])
    assert abs(found["tilt"] + points - found["margin"]) < 1e-9


@pytest.mark.parametrize(("lang", "said"), [("en", "Your own premises"), ("ja", "オンプレミス")])
def test_score_is_told(lang: str, said: str) -> None:
    lines = run("score", *case("regional-bank"), *DAY, "--lang", lang).stdout.splitlines()
    assert said in lines[0]
    assert any("mailhaul assess report --answers" in line for line in lines)


def test_explain_by_id_and_by_number() -> None:
    by_id, by_number = (read("explain", q, *case("regional-bank")) for q in ("fte", "Q8"))
    assert by_id == by_number
    assert (by_id["answer"], by_id["vetoes"], by_id["asked"]) == ("2+", ["V3"], True)
    assert [each["answer"] for each in by_id["alternatives"]] == ["0", "<0.5", "0.5-2", "2+"]
    assert "Two posts or more" in run("explain", "fte", *case("regional-bank")).stdout


def test_explain_says_what_has_no_part_and_what_is_not_asked() -> None:
    assert "no part in the decision" in run("explain", "training", *case("startup")).stdout
    assert "not asked" in run("explain", "keys", *case("startup")).stdout
    assert "uplink" in run("explain", "uplik", *case("startup"), code=2).output


def test_whatif_is_diff_of_a_changed_file(tmp_path: Path) -> None:
    changed = tmp_path / "changed.toml"
    whole = (CASES / "regional-bank.toml").read_text("utf-8")
    changed.write_text(whole.replace('"2+"', '"0"').replace('"24x7"', '"hours"'), "utf-8")
    supposed = read("whatif", "fte=0", "Q9=hours", *case("regional-bank"), *DAY)
    found = read("diff", str(CASES / "regional-bank.toml"), str(changed), *DAY)
    assert supposed["after"]["margin"] == found["after"]["margin"] > supposed["before"]["margin"]
    assert {each["question"] for each in supposed["changes"]} >= {"fte", "cover"}
    assert whole == (CASES / "regional-bank.toml").read_text("utf-8")


def test_whatif_drops_what_no_longer_counts(tmp_path: Path) -> None:
    strict = tmp_path / "strict.toml"
    more = '\n[answers.keys]\nvalue = "yes"\n'
    startup = (CASES / "startup.toml").read_text("utf-8").replace(
        '[answers.policy]\nvalue = "none"', '[answers.policy]\nvalue = "strict"'
    )  # fmt: skip
    strict.write_text(startup + more, "utf-8")
    told = run("whatif", "policy=none", "--answers", str(strict), *DAY, "--lang", "en").stdout
    assert "Yes -> not asked" in told
    assert "not answered" not in told
    assert "(±0.0 points)" not in told


@pytest.mark.parametrize("change", ["fte", "fte=3", "ftee=0", "fte=", "mailboxes=1e3"])
def test_a_wrong_change_is_explained(change: str) -> None:
    code = 0 if change == "fte=" else 2
    run("whatif", change, *case("startup"), *DAY, code=code)


@pytest.mark.all_draws
def test_a_report_is_verified_byte_for_byte(tmp_path: Path) -> None:
    report = reported(tmp_path, "university")
    found = read("verify", str(report))
    given = (CASES / "university.toml").read_bytes()
    assert found["same"] and found["usual_draws"] and found["date"] == "2026-11-24"
    assert found["answers_sha256"] == hashlib.sha256(given).hexdigest()
    report.write_bytes(report.read_bytes().replace(b"\n", b"\r\n"))
    assert read("verify", str(report), code=3)["differs"] == []


@pytest.mark.parametrize("field", sorted({*Assessment.model_fields} - {"schema_version", "as_of"}))
def test_a_changed_field_does_not_verify(field: str, tmp_path: Path) -> None:
    report = reported(tmp_path, "university")
    document = json.loads(report.read_text("utf-8"))
    value = document[field]
    if isinstance(value, float):
        document[field] = value + 0.25
    elif isinstance(value, list) and field not in ("confidence_failed", "vetoes", "unanswered"):
        document[field] = value[1:] if value else value
    elif isinstance(value, list):
        document[field] = [*value, "V1"]
    elif field == "conflict":
        document[field] = {"fte": "0"}
    elif field == "share_to_stay":
        document[field] = 0.5
    elif field == "cost":
        value["yen_per_usd"] += 1
    elif field == "posture":
        value["findings"].pop()
    elif field == "inputs":
        value["seed"] = "1"
    else:
        other = {"leaning": "on-prem", "outcome": "on-prem"}
        other["confidence"] = "A" if value == "D" else "D"
        document[field] = other.get(field, "Another")
    if document == json.loads(report.read_text("utf-8")):
        pytest.fail(f"{field} was left as it is")
    report.write_text(json.dumps(document), "utf-8")
    assert field in read("verify", str(report), code=3)["differs"]


@pytest.mark.parametrize("draws", [0, -5, 10**12])
def test_a_report_of_absurd_draws_is_refused(draws: int, tmp_path: Path) -> None:
    report = reported(tmp_path, "startup")
    document = json.loads(report.read_text("utf-8"))
    document["inputs"]["draws"] = draws
    report.write_text(json.dumps(document), "utf-8")
    assert read("verify", str(report), code=2)["error"]["code"] == "report-unreadable"


def test_few_draws_are_named(tmp_path: Path) -> None:
    report = reported(tmp_path, "startup")
    document = json.loads(report.read_text("utf-8"))
    document["inputs"]["draws"] = 10
    report.write_text(json.dumps(document), "utf-8")
    assert "10 draws instead of the usual" in run("verify", str(report), code=3).stdout


def test_diff_recomputes_a_forged_report(tmp_path: Path) -> None:
    report = reported(tmp_path, "startup")
    document = json.loads(report.read_text("utf-8"))
    document["margin"], document["cost"]["plans"] = 99.0, []
    report.write_text(json.dumps(document), "utf-8")
    done = run("diff", str(report), str(CASES / "startup.toml"), *DAY)
    assert "not what its inputs give" in done.stderr
    assert "99.0" not in done.stdout


def test_stale_sources_are_told() -> None:
    assert "past the date" in run("score", *case("startup"), "--date", "2031-01-01").stderr
    assert "past the date" not in run("score", *case("startup"), *DAY).stderr


def test_an_own_question_is_told_in_its_own_words(tmp_path: Path) -> None:
    own, given = tmp_path / "own.toml", tmp_path / "given.toml"
    own.write_text(OWN, "utf-8")
    given.write_text('[answers.nodes]\nvalue = "many"\n', "utf-8")
    report = tmp_path / "out"
    words = ("--answers", str(given), "--catalog", str(own), *DAY)
    run("report", *words, "--format", "json", "--out", str(report))
    told = run("diff", str(report / "report.json"), str(CASES / "startup.toml"), *DAY).stdout
    assert "How many nodes?" in told
    assert read("verify", str(report / "report.json"))["same"]


OWN = """
[question.nodes]
number = "99"
section = "today"
role = "it"
kind = "choice"
source = "us"
as_of = 2026-11-24
trust = "J"
stale_after = 2027-11-24
text = { en = "How many nodes?", ja = "ノード数は。" }
why = { en = "To know.", ja = "把握するためです。" }
who = { en = "IT", ja = "情報システム部門" }
options = [
  { id = "few", text = { en = "Few", ja = "少ない" } },
  { id = "many", text = { en = "Many", ja = "多い" } },
]
"""


BROKEN: list[tuple[str, str]] = [
    ("[criterion.two]\nworst_yen = 9\nbest_yen = 1\nweight = 0", "cost-criterion"),
    ('[question.gmailuse]\nkind = "count"', "kind-wrong"),
    ("[cost.usd_jpy]\nlow = 0", "cost-zero"),
    ("[cost.staff]\nhigh = 1e13", "cost-order"),
    ("[cost.my-price]", "cost-id"),
    ("[question.mailboxes]\nreference = 1e300", "number-wrong"),
    ('[question.fte]\ntext = { en = "a\\nb", ja = "c" }', "text-one-line"),
    ('[question.fte]\ntext = { en = "a\\u202eb", ja = "c" }', "text-one-line"),
    ("a = " + "[" * 5000, "toml-syntax"),
    ("a = " + "9" * 5000, "toml-syntax"),
]


@pytest.mark.parametrize(("text", "code"), BROKEN)
def test_an_own_file_that_would_break_the_sums_is_refused(
    text: str, code: str, tmp_path: Path
) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text, "utf-8")
    error = read("score", *case("startup"), "--catalog", str(own), code=2)["error"]
    assert code in error["code"] or error["code"] == "several-problems"
    assert "own.toml" in error["cause"]


def test_options_that_the_costs_use_stand_for_a_number(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    options = ", ".join(
        f'{{ id = "{each.id}", text = {{ en = "a", ja = "b" }} }}'
        for each in load().questions["growth"].options
    )
    own.write_text(f"[question.growth]\noptions = [{options}]\n", "utf-8")
    cause = read("score", *case("startup"), "--catalog", str(own), code=2)["error"]["cause"]
    assert "number" in cause


@pytest.mark.parametrize(
    "text",
    [
        "[answers.mailboxes]\nvalue = 1e308",
        "[answers.tools]\nvalue = 1e300",
        "[weights]\ncost = 1e307",
        "[weights]\n" + "\n".join(f"{key} = 0" for key in load().criteria),
        "[weights]\ncost = 1000001",
        "a = " + "[" * 5000,
        "a = " + "9" * 5000,
    ],
)
def test_answers_that_would_break_the_sums_are_refused(text: str, tmp_path: Path) -> None:
    given = tmp_path / "given.toml"
    given.write_text(text, "utf-8")
    assert "error" in read("score", "--answers", str(given), code=2)


def test_own_weights_and_those_of_an_own_file_may_not_all_be_zero(tmp_path: Path) -> None:
    own, given = tmp_path / "own.toml", tmp_path / "given.toml"
    weights = {key: 100 if key == "cost" else 0 for key in load().criteria}
    own.write_text("\n".join(f"[criterion.{k}]\nweight = {w}" for k, w in weights.items()), "utf-8")
    given.write_text("[weights]\ncost = 0\n", "utf-8")
    words = ("--answers", str(given), "--catalog", str(own))
    assert read("score", *words, code=2)["error"]["code"] == "weights-zero"
    given.write_text("[weights]\ncost = 1\n", "utf-8")
    assert read("score", *words, *DAY)["margin"]


def test_an_error_of_a_file_names_that_file(tmp_path: Path) -> None:
    own = str(tmp_path / "own.toml")
    assert "own.toml" in run("score", *case("startup"), "--catalog", own, code=2).stderr
    missing = read("verify", str(tmp_path / "none.json"), code=2)
    assert missing["error"]["code"] == "report-missing"


def test_what_others_wrote_cannot_steer_the_terminal(tmp_path: Path) -> None:
    given = tmp_path / "given.toml"
    given.write_text('[answers.fte]\nvalue = "\\u001b[31mred\\u202e"\n', "utf-8")
    told = run("score", "--answers", str(given), code=2).stderr
    assert "\x1b" not in told and "\u202e" not in told and "\\x1b[31mred" in told


def test_a_line_end_of_others_begins_no_line_of_ours(tmp_path: Path) -> None:
    given = tmp_path / "given.toml"
    given.write_text('[answers.fte]\nvalue = "x\\n- other.toml: all is well"\n', "utf-8")
    told = run("score", "--answers", str(given), code=2).stderr
    assert "“x - other.toml: all is well”" in told and "\n- other" not in told
    both = [tmp_path / "a.toml", tmp_path / "b.toml"]
    both[0].write_text('[answers.fte]\nvalue = "0"\nby = "A\\n  c.toml: 2\\u202e"\n', "utf-8")
    both[1].write_text('[answers.fte]\nvalue = "2+"\n', "utf-8")
    words = (*map(str, both), "--out", str(tmp_path / "out.toml"))
    told = run("merge", *words, code=3).stdout
    assert "(A   c.toml: 2\\x202e)" in told and "\n  c.toml" not in told


def test_the_workbook_calculates_with_the_answers_that_count(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[question.stack]\nwhen = { platform = ["eol"] }\n', "utf-8")
    platform = load().questions["platform"].ids
    assert "eol" in platform and "supported" in platform
    for value in ("eol", "supported"):
        given = tmp_path / f"{value}.toml"
        given.write_text(
            f'[answers.platform]\nvalue = "{value}"\n[answers.stack]\nvalue = "exchange"\n', "utf-8"
        )
        out = tmp_path / value
        words = ("--answers", str(given), "--catalog", str(own), *DAY)
        run("report", *words, "--format", "json,xlsx", "--out", str(out))
        found = json.loads((out / "report.json").read_text("utf-8"))["cost"]["plans"]
        mid = next(each["per_mailbox_month"]["mid"] for each in found if each["id"] == "onprem")
        book = Recalculated((out / "report.xlsx").read_bytes())
        assert book.name("m_onprem_npv") / book.name("m_months") == pytest.approx(mid)


def test_a_linked_answers_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text('[answers.fte]\nvalue = "2+"\n', "utf-8")
    link = tmp_path / "link.toml"
    link.symlink_to("real.toml")
    done = CliRunner().invoke(
        mailhaul.app, ["assess", "ask", "--plain", "--answers", str(link)], input="40\n"
    )
    assert done.exit_code == 4, done.output
    assert link.is_symlink() and "mailboxes" in (tmp_path / "real.toml").read_text("utf-8")


def test_who_can_show_an_answer_speaks_for_those_who_agree(tmp_path: Path) -> None:
    said = {
        "a.toml": '[answers.fte]\nvalue = "0"\nnote = "b"\n',
        "b.toml": '[answers.fte]\nvalue = "0"\nsource = "measured"\nevidence = "doc"\n',
    }
    for name, text in said.items():
        (tmp_path / name).write_text(text, "utf-8")
    out = tmp_path / "out.toml"
    run("merge", *(str(tmp_path / name) for name in said), "--out", str(out))
    text = out.read_text("utf-8")
    assert 'source = "measured"' in text and 'evidence = "doc"' in text and 'note = "b"' in text
