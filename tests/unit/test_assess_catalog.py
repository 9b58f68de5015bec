"""The catalogue: ours is in order, an organisation's file lies over it, mistakes are named."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from string import Formatter

import pytest
from pydantic import BaseModel

import assess
from assess.catalog import digest, load, stale
from assess.catalog.load import OWN_SOURCE
from assess.catalog.model import Text
from assess.errors import AssessError, Problems
from assess.explain import explain
from assess.texts import Texts

ROOT = Path(assess.__file__).parent
OURS = load()


def wrong(text: str) -> dict[str, str]:
    """Setting → code of each problem with a file of one's own."""
    with pytest.raises(AssessError) as caught:
        load(override_text=text)
    error = caught.value
    each = error.problems if isinstance(error, Problems) else (error,)
    assert len({str(problem) for problem in each}) == len(each), "one mistake, told twice"
    return {str(problem.params.get("setting", "")): problem.code for problem in each}


def texts_of(content: object, path: str = "") -> Iterator[tuple[str, Text]]:
    if isinstance(content, Text):
        yield path, content
    elif isinstance(content, BaseModel):
        for name in type(content).model_fields:
            yield from texts_of(getattr(content, name), f"{path}.{name}")
    elif isinstance(content, dict):
        for key, value in content.items():
            yield from texts_of(value, f"{path}.{key}")
    elif isinstance(content, tuple):
        for number, value in enumerate(content):
            yield from texts_of(value, f"{path}[{number}]")


# --- ours


def test_ours_is_in_order_and_not_stale() -> None:
    assert OURS.questions and OURS.criteria and OURS.vetoes and OURS.costs and OURS.checks
    assert stale(OURS, max(each.as_of for each in OURS.questions.values())) == []


def test_everything_goes_stale_some_day() -> None:
    runs_out = OURS.costs["kwh"].stale_after
    assert ("costs.toml", "kwh") not in stale(OURS, runs_out)
    gone = stale(OURS, date(2100, 1, 1))
    assert ("costs.toml", "kwh") in gone
    assert ("posture.toml", "spf") in gone
    assert len(gone) == sum(
        len(group)
        for group in (
            OURS.questions,
            OURS.criteria,
            OURS.vetoes,
            OURS.profiles,
            OURS.costs,
            OURS.checks,
        )
    )


def test_the_digest_covers_every_file_in_order() -> None:
    names = ("questions", "criteria", "vetoes", "profiles", "costs", "posture")
    data = b"".join((ROOT / "catalog" / f"{name}.toml").read_bytes() for name in names)
    assert digest() == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(("path", "text"), list(texts_of(OURS)))
def test_a_text_is_two_languages_written_by_people(path: str, text: Text) -> None:
    fields = [
        {name for _, name, _, _ in Formatter().parse(each) if name} for each in (text.en, text.ja)
    ]
    assert fields[0] == fields[1]
    assert not re.search(r"[ぁ-んァ-ヶ一-龠]", text.en), text.en
    assert not re.search(
        r"あなた|彼ら|[ぁ-んァ-ヶ一-龠][,.?!](?!\w)|[０-９Ａ-Ｚａ-ｚ]"
        r"|ください。.*ください。|ですか。.*ですか|ますか。.*ますか|することができ|される必要があり",
        text.ja,
    ), text.ja


# --- an organisation's own file


def test_what_it_says_replaces_ours_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[cost.kwh]\nmode = 30\nhigh = 40\n[question.fte.text]\nja = "人数は。"\n')
    own = load(file)
    assert (own.costs["kwh"].low, own.costs["kwh"].mode) == (OURS.costs["kwh"].low, 30)
    assert own.questions["fte"].text.ja == "人数は。"
    assert own.questions["fte"].text.en == OURS.questions["fte"].text.en
    assert own.questions["cover"] == OURS.questions["cover"]
    assert list(own.costs) == list(OURS.costs)


def test_its_numbers_are_not_told_under_our_source() -> None:
    own = load(override_text="[cost.gws_starter]\nmode = 780\n").costs["gws_starter"]
    assert OURS.costs["gws_starter"].source != OWN_SOURCE
    assert (own.source, own.url) == (OWN_SOURCE, None)
    assert own.as_of == OURS.costs["gws_starter"].as_of


def test_its_defaults_hold_for_what_it_touches() -> None:
    own = load(
        override_text="[defaults]\nsource = 'quote 17'\nas_of = 2026-11-20\ntrust = 'A'\n"
        "stale_after = 2027-02-20\n[cost.gws_enterprise]\nlow = 2100\nmode = 2100\nhigh = 2100\n"
    )
    touched = own.costs["gws_enterprise"]
    assert (touched.source("ja"), touched.trust, touched.as_of) == (
        "quote 17",
        "A",
        date(2026, 11, 20),
    )
    assert own.costs["gws_plus"] == OURS.costs["gws_plus"]


def test_it_may_add_an_entry_which_says_everything() -> None:
    row = (
        '[cost.extra]\nname = { en = "a", ja = "甲" }\nunit = { en = "b", ja = "乙" }\n'
        'low = 1\nmode = 2\nhigh = 3\nside = "both"\nas_of = 2026-11-24\ntrust = "C"\n'
    )
    assert load(override_text=f"{row}stale_after = 2027-11-24").costs["extra"].mode == 2
    assert wrong(row) == {"[cost.extra] stale_after": "key-missing"}


def test_its_text_out_of_a_report_gives_the_same(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("[cost.kwh]\nmode = 30\n", encoding="utf-8-sig")
    assert load(file) == load(override_text="[cost.kwh]\nmode = 30\n")


# --- mistakes

MISTAKES = [
    ("[qestion.fte]", "", "table-unknown-near"),
    ("[nonsense]", "", "table-unknown"),
    ("question = 3", "[question]", "want-table"),
    ("question.fte = 3", "[question] fte", "want-table"),
    ("[defaults]\nsauce = 'x'", "[defaults]", "key-unknown-near"),
    ("[question.fte]\nrol = 'it'", "[question.fte] rol", "key-unknown-near"),
    ("[question.fte.text]\nfr = 'x'", "[question.fte] text.fr", "key-unknown"),
    ("[question.number]\nfoo = 1", "[question.number] foo", "key-unknown"),
    ("[question.fte]\nrole = 'boss'", "[question.fte] role", "choice"),
    ("[question.fte]\nreference = []", "[question.fte] reference", "want-value"),
    ("[question.fte.when]\nmsp = 3", "[question.fte] when.msp", "want-condition"),
    ("[question.fte.text]\nja = ''", "[question.fte] text.ja", "text-empty"),
    ("[question.fte]\nnumber = 8", "[question.fte] number", "want-text"),
    ("[question.fte]\noptions = 3", "[question.fte] options", "want-list"),
    ("[cost.kwh]\nmode = 'x'", "[cost.kwh] mode", "want-number"),
    (
        "[question.mailboxes]\nplausible = [1, 'x']",
        "[question.mailboxes] plausible[2]",
        "want-number",
    ),
    ("[cost.kwh]\nas_of = 'x'", "[cost.kwh] as_of", "want-date"),
    ("[cost.kwh]\nquote = 'x'", "[cost.kwh] quote", "want-yes-no"),
    ("[cost.kwh]\nmode = 1", "[cost.kwh]", "cost-order"),
    ("[criterion.cost]\nweight = 101", "[criterion.cost] weight", "weight-range"),
    ("[criterion.cost]\nweight = 21", "[criterion.cost] weight", "weights-sum"),
    ("[criterion.cost]\nbest_yen = 6000", "[criterion.cost] worst_yen", "yen-order"),
    ("[criterion.cost.base]\nonprem = 1\ncloud = 1", "[criterion.cost] base", "base-or-yen"),
    ("[criterion.control.base]\nonprem = 101", "[criterion.control] base.onprem", "value-out"),
    (
        "[criterion.control.answers.policy.cloud]\nsome = 999",
        "[criterion.control] base.cloud",
        "value-out-of-scale",
    ),
    (
        "[criterion.people.answers.fte.onprem]\nmany = 1",
        "[criterion.people] answers.fte.onprem",
        "option-unknown",
    ),
    (
        "[criterion.people.answers.fet]\nreason = { en = 'a', ja = 'b' }",
        "[criterion.people] answers.fet",
        "question-unknown-near",
    ),
    (
        "[criterion.people.answers.forbid]\nreason = { en = 'a', ja = 'b' }",
        "[criterion.people] answers.forbid",
        "points-of-number",
    ),
    ('[cost.kwh]\nsource = "a\\nb"', "[cost.kwh] source.en", "text-one-line"),
    (
        "[[veto.V1.rules]]\nwhen = { msp = ['no'] }\nexcludes = ['cloud']\npartial = 'forbid'\n"
        "cause = { en = 'a', ja = 'b' }",
        "[veto.V1] rules[1].partial",
        "partial-unasked",
    ),
    (
        "[question.mbsize]\noptions = [{ id = 'a', number = 1e9, text = { en = 'a', ja = 'a' } },"
        "{ id = 'b', number = 1, text = { en = 'a', ja = 'a' } }]",
        "[question.mbsize] options[1].number",
        "option-number",
    ),
    ("[section.'a b'.name]\nen = 'a'\nja = 'b'", "[section.a b]", "id-form"),
    ("[question.fte]\nsection = 'peple'", "[question.fte] section", "section-unknown-near"),
    ("[question.incident]\noptions = []", "[question.incident] options", "options-few"),
    ("[question.accounting]\nkind = 'count'", "[question.accounting] options", "options-none"),
    (
        "[question.accounting]\noptions = [{ id = 'a', text = { en = 'a', ja = 'a' } },"
        "{ id = 'a', text = { en = 'a', ja = 'a' } }]",
        "[question.accounting] options",
        "option-twice",
    ),
    ("[question.growth]\nreference = '5'", "[question.growth] reference", "option-unknown"),
    ("[question.gmailuse]\nreference = 2", "[question.gmailuse] reference", "number-wrong"),
    ("[question.mailboxes]\nreference = 1.5", "[question.mailboxes] reference", "number-wrong"),
    ("[question.mailboxes]\nreference = 1e9", "[question.mailboxes] reference", "number-wrong"),
    ("[question.tools]\nreference = 1e13", "[question.tools] reference", "number-wrong"),
    ("[question.mailboxes]\nplausible = [0]", "[question.mailboxes] plausible", "number-wrong"),
    ("[question.fte.when]\nmsp = ['ys']", "[question.fte] when.msp", "option-unknown"),
    ("[question.fte.when]\nmsp = { below = 1 }", "[question.fte] when.msp", "condition-kind"),
    ("[question.fte.when]\nforbid = ['no']", "[question.fte] when.forbid", "condition-kind"),
    ("[question.fte.when]\nmps = ['no']", "[question.fte] when.mps", "question-unknown-near"),
    ("[veto.V3]\nrules = []", "[veto.V3] rules", "veto-empty"),
    (
        "[[veto.V3.rules]]\nwhen = {}\nexcludes = ['clod']\ncause = { en = 'a', ja = 'b' }",
        "[veto.V3] rules[1].excludes",
        "exclude-unknown-near",
    ),
    (
        "[[veto.V3.rules]]\nwhen = {}\nexcludes = []\ncause = { en = 'a', ja = 'b' }",
        "[veto.V3] rules[1].when",
        "veto-empty",
    ),
    (
        "[[veto.V1.rules]]\nwhen = { msp = ['no'] }\nexcludes = ['cloud']\npartial = 'msp'\n"
        "cause = { en = 'a', ja = 'b' }",
        "[veto.V1] rules[1].partial",
        "kind-wrong",
    ),
    (
        "[[veto.V6.limits]]\nanswer = 'capex_min'\ncost = 'start'\ncause = { en = 'a', ja = 'b' }",
        "[veto.V6] limits[1].answer",
        "question-unknown-near",
    ),
    (
        "[profile.google-workspace.editions.starter]\nprice = 'gws_start'",
        "[profile.google-workspace] editions.starter.price",
        "cost-unknown-near",
    ),
    (
        "[profile.google-workspace.editions.starter]\nonly_for = ['shop']",
        "[profile.google-workspace] editions.starter.only_for",
        "option-unknown",
    ),
    ("[check.spf]\nquestion = 'spff'", "[check.spf] question", "question-unknown-near"),
    ("[check.spf]\nmeasure = 'x'", "[check.spf] measure", "measure-unknown"),
    ("[check.spf]\nrisks = ['x']", "[check.spf] risks", "risk-unknown"),
    ("[check.spf]\nquestion = 'dkim'", "[check.spf] findings", "finding-missing"),
    (
        "[check.spf.findings.soft]\nseverity = 'low'\nwhy = { en = 'a', ja = 'b' }",
        "[check.spf] findings.soft",
        "finding-bare",
    ),
    (
        "[check.av]\nranges = [[{ above = 0 }, { severity = 'ok', title = { en = 'a', ja = 'b'}}]]",
        "[check.av] ranges",
        "range-gap",
    ),
    (
        "[check.av]\nranges = "
        "[[{ at_most = 0.5 }, { severity = 'ok', title = { en = 'a', ja = 'b' } }],"
        "[{ at_least = 0.6 }, { severity = 'ok', title = { en = 'a', ja = 'b' } }]]",
        "[check.av] ranges",
        "range-gap",
    ),
]


@pytest.mark.parametrize(("text", "setting", "code"), MISTAKES)
def test_a_mistake_is_named_with_its_entry(text: str, setting: str, code: str) -> None:
    assert wrong(text).get(setting, "").startswith(code)


def test_all_mistakes_are_told_at_once_with_their_file(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("[question.fte]\nrole = 'boss'\n[cost.kwh]\nmode = 'x'\n")
    with pytest.raises(Problems) as caught:
        load(file)
    assert {problem.params["where"] for problem in caught.value.problems} == {"own.toml"}
    cause, _ = explain(caught.value, Texts("ja"))
    assert "own.toml [question.fte] role" in cause and "own.toml [cost.kwh] mode" in cause


def test_a_mistake_in_an_entry_of_ours_names_our_file() -> None:
    with pytest.raises(AssessError) as caught:
        load(
            override_text="[question.spf]\noptions = [{ id = 'a', text = { en = 'a', ja = 'b' } }]"
        )
    error = caught.value
    assert isinstance(error, Problems)
    places = [(problem.params["where"], problem.params["setting"]) for problem in error.problems]
    assert ("overrides", "[question.spf] options") in places
    assert ("posture.toml", "[check.spf] findings") in places


@pytest.mark.parametrize(
    ("data", "code", "where"),
    [
        (b"a = 1\nb = \n", "toml-syntax", "own.toml:2"),
        (b"[question.fte", "toml-syntax", "own.toml:1"),
        (b"a = '\xff'", "toml-encoding", "own.toml"),
    ],
)
def test_a_file_that_is_no_toml(tmp_path: Path, data: bytes, code: str, where: str) -> None:
    file = tmp_path / "own.toml"
    file.write_bytes(data)
    with pytest.raises(AssessError) as caught:
        load(file)
    assert (caught.value.code, caught.value.params["where"]) == (code, where)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AssessError, match="file-unreadable"):
        load(tmp_path / "none.toml")
