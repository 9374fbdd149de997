"""What the check says of definitions that can be worked out: wording, units, divisions, cases, names, owners."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnictl.errors import DefinitionError, Finding
from omnictl.glossary import load_glossary
from omnictl.review.check import Rules, check

KPI = """\
kpi: long_waits
label: {en: Long waits, fr: Attentes longues}
question: {en: How many?, fr: Combien ?}
owner: operations
unit: ratio
rollup: share
better: lower
from: interactions
at: started_at
where: direction = 'inbound' and excluded = ''
channels: [phone, chat]
parameters: {promise: 120 s}
numerator: count_if(wait_s > :promise)
denominator: count(*)
tests:
  - {given: {interactions: [{wait_s: 130}, {wait_s: 10}]}, expect: 1/2}
"""


def found(folder: Path, *texts: str, rules: Rules | None = None) -> list[Finding]:
    for number, text in enumerate(texts):
        (folder / f"k{number}.yml").write_text(text, encoding="utf-8")
    return check(load_glossary([folder]), rules)[0]


def codes(folder: Path, *texts: str) -> list[str]:
    return [finding.code for finding in found(folder, *texts)]


def changed(*pairs: tuple[str, str], kpi: str = KPI) -> str:
    for old, new in pairs:
        assert old in kpi, old
        kpi = kpi.replace(old, new)
    return kpi


def renamed(text: str) -> str:
    return changed(("long_waits", "other"), ("Long waits", "Others"), ("Attentes longues", "Autres"), kpi=text)


def test_a_sound_kpi_has_no_finding(tmp_path: Path) -> None:
    assert codes(tmp_path, KPI) == []


SUM = (("unit: ratio", "unit: count"), ("rollup: share", "rollup: sum"), ("numerator: count_if", "value: count_if"),
       ("denominator: count(*)\n", ""), ("expect: 1/2", "expect: 1"))  # fmt: skip
MEAN = (("unit: ratio", "unit: seconds"), ("rollup: share", "rollup: mean"),
        ("count_if(wait_s > :promise)", "sum(wait_s)"), ("parameters: {promise: 120 s}\n", ""))  # fmt: skip


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ([("unit: ratio", "unit: seconds")], "unit-contradicts"),
        ([("unit: ratio", "unit: percent")], "unit-contradicts"),
        ([("wait_s > :promise", "outcome = 'answered'"), ("parameters: {promise: 120 s}\n", "")], "unknown-value"),
        ([("= 'inbound'", "in ('inbound', 'in')")], "unknown-value"),
        ([("{wait_s: 130}", "{wait_s: 130, outcome: handeld}")], "unknown-value"),
        ([("{wait_s: 130}", "{wait_s: x130}")], "wrong-type"),
        ([("{wait_s: 130}", "{wait_s: 130, consent: maybe}")], "wrong-type"),
        ([("= 'inbound'", "= 'inbound' and coalesce(outcome, '-') <> 'lost'")], "unknown-value"),
        ([*SUM, ("unit: count", "unit: seconds")], "unit-contradicts"),
        ([*SUM, ("unit: count", "unit: ratio")], "unit-contradicts"),
        ([*SUM, ("count_if(wait_s > :promise)", "sum(wait_s + coalesce(hold_s, 0))"),
          ("parameters: {promise: 120 s}\n", "")], "unit-contradicts"),
        ([*MEAN, ("unit: seconds", "unit: days")], "unit-contradicts"),
        ([*MEAN, ("sum(wait_s)", "sum(transfers)")], "unit-contradicts"),
        ([("better: lower", "better: neutral\ntarget: 0.05")], "target-without-direction"),
        ([("better: lower", "better: [0.9, 0.5]")], "direction-contradicts"),
        ([("better: lower", "better: lower\ntarget: 5")], "target-out-of-range"),
        ([("better: lower", "better: lower\ntarget: {value: 0.05, by: {channel: {chat: 8}}}")], "target-out-of-range"),
        ([("denominator: count(*)", "denominator: count_if(:promise < wait_s)")], "division-without-meaning"),
        ([("denominator: count(*)", "denominator: count_if(wait_s > 200)")], "share-not-a-part"),
        ([("denominator: count(*)", "denominator: count_if(outcome = 'handled')")], "share-not-a-part"),
        ([("numerator: count_if", "numerator: {phone: count_if"), ("> :promise)", "> :promise)}")], "unbound-channel"),
        ([("tests:", "variants:\n  odd: {numerator: count_if(:promise < wait_s), note: {en: x, fr: y}}\ntests:")],
         "variant-changes-nothing"),
        ([("{en: Long waits, fr", "{en: Long waits (QS), fr"), ("wait_s > :promise", "queue = 'a'"),
          ("parameters: {promise: 120 s}\n", "")], "ambiguous-wording"),
        ([("owner: operations\n", "")], "missing-owner"),
        ([("tests:\n  - {given: {interactions: [{wait_s: 130}, {wait_s: 10}]}, expect: 1/2}\n", "")], "no-case"),
        ([("[{wait_s: 130}, {wait_s: 10}]", "[]"), ("1/2", "null")], "case-cannot-fail"),
        ([("[{wait_s: 130}, {wait_s: 10}]", "[{wait_s: 130}]"), ("1/2", "null")], "case-cannot-fail"),
        ([("tests:\n", "tests:\n  - {given: {interactions: []}, expect: null}\n")], "case-cannot-fail"),
        ([("owner:", "definition: One language.\nowner:")], "missing-language"),
        ([("owner:", "wording: {phone: {en: waiting}}\nowner:")], "missing-language"),
    ],
)  # fmt: skip
def test_one_mistake_one_finding(tmp_path: Path, pairs: list[tuple[str, str]], code: str) -> None:
    assert codes(tmp_path, changed(*pairs)) == [code]


@pytest.mark.parametrize(
    "pairs",
    [
        [("denominator: count(*)", "denominator: count_if(wait_s > 20 or outcome = 'handled')")],
        [("denominator: count(*)", "denominator: count_if(outcome = 'handled' or wait_s > 100)")],
        [("denominator: count(*)", "denominator: count_if(wait_s is not null)")],
        [("wait_s > :promise", "queue = 'a' and wait_s > :promise"), ("count(*)", "count_if(queue in ('a', 'b'))")],
        [("wait_s > :promise", "wait_s between 130 and :promise"), ("count(*)", "count_if(wait_s >= 120)")],
        [("wait_s > :promise", "wait_s > :promise and consent"), ("count(*)", "count_if(consent is not false)")],
        [("where: direction", "where: consent and direction"), ("count(*)", "count_if(consent)")],
        [*MEAN, ("unit: seconds", "unit: score"), ("sum(wait_s)", "sum(wait_s) / 60")],
        [*MEAN, ("sum(wait_s)", "sum(least(wait_s, 300) + coalesce(talk_s, 0))")],
        [("better: lower", "better: [0, 0.5]")],
        [("= 'inbound'", "= 'inbound' and coalesce(outcome, '-') not in ('-', 'handled')")],
        [("{en: Long waits, fr", "{en: QS under 120 s, fr")],
    ],
)  # fmt: skip
def test_what_is_right_is_left_alone(tmp_path: Path, pairs: list[tuple[str, str]]) -> None:
    assert codes(tmp_path, changed(*pairs)) == []


def test_faults_of_yaml_hide_none_of_the_expressions(tmp_path: Path) -> None:
    """An unknown key, a wrong direction and a wrong case beside two columns that are not there, and no owner."""
    text = changed(
        ("owner: operations", "ownr: operations"),
        ("better: lower", "better: down"),
        ("at: started_at", "at: started"),
        ("wait_s > :promise", "wiat_s > :promise"),
        ("expect: 1/2", "expct: 1/2"),
    )
    told = {(each.code, each.place.line if each.place else 0) for each in found(tmp_path, text)}
    assert told >= {
        ("missing-owner", 1),
        ("unknown-key", 4),
        ("unknown-value", 7),
        ("unknown-column", 9),
        ("unknown-column", 13),
        ("unknown-key", 16),
    }
    with pytest.raises(DefinitionError):
        load_glossary([tmp_path]).resolve("long_waits")


def test_a_fault_the_expressions_lean_on_is_told_alone(tmp_path: Path) -> None:
    text = changed(("from: interactions", "from: interaction"), ("wait_s > :promise", "wiat_s > :promise"))
    assert codes(tmp_path, text) == ["unknown-relation"]


@pytest.mark.parametrize(
    ("pairs", "line", "column", "hint"),
    [
        ([("= 'inbound'", '= "inbound"')], 10, 20, "single quotes: 'inbound'"),
        ([("= 'inbound'", "= ‘inbound’")], 10, 20, "single quotes: 'inbound'"),
        ([("promise: 120 s", "promise: 20:00")], 13, 21, "a duration has its unit"),
        ([("wait_s > :promise", "wait_s > :promise && consent")], 13, 30, "write `and`"),
        ([("tests:", "variants:\n  a: {}\ntests:")], 16, 3, "remove it"),
        ([("fr: Attentes longues", "fr: DMC")], 2, 25, "hold"),
    ],
)
def test_the_place_and_the_cure(
    tmp_path: Path, pairs: list[tuple[str, str]], line: int, column: int, hint: str
) -> None:
    first = found(tmp_path, changed(*pairs))[0]
    assert first.place is not None and (first.place.line, first.place.column) == (line, column), first
    assert hint in first.hint


WORDINGS = [
    ("QS", False), ("Taux de décroché", False), ("Contact rate", True), ("Rappels", True), ("CPC", True),
    ("Durée moyenne de traitement", True), ("DMC", True), ("Taux de rebond", True), ("Containment rate", True),
    ("FCR", True), ("NPS 8-10", True), ("Abandoned calls", False), ("Service level", False), ("Callback rate", True),
    ("Qualified bounces after a call", False), ("Cost per contact", False), ("Taux de contact web", False),
]  # fmt: skip


@pytest.mark.parametrize(("label", "trap"), WORDINGS)
def test_words_with_two_meanings(tmp_path: Path, label: str, trap: bool) -> None:
    """The KPI sets a bound to waits of inbound contacts: QS is honest of it, others are not."""
    text = changed(("fr: Attentes longues", f'fr: "{label}"'))
    assert codes(tmp_path, text) == (["ambiguous-wording"] if trap else [])


def test_a_word_claimed_twice_is_told_at_both(tmp_path: Path) -> None:
    other = changed(("Autres", "ATTENTES\u00a0Longues"), ("wait_s > :promise", "talk_s > :promise"), kpi=renamed(KPI))
    findings = found(tmp_path, KPI, other)
    assert [(finding.code, Path(finding.place.file).stem) for finding in findings if finding.place] == [
        ("wording-twice", "k0"), ("wording-twice", "k1"),
    ]  # fmt: skip


def test_the_same_meaning_under_two_names(tmp_path: Path) -> None:
    """By tree and value: another text, another name of the parameter, and an alias of a KPI."""
    same = renamed(KPI).replace("wait_s > :promise", ":limit < (wait_s)").replace("promise: 120 s", "limit: 2 min")
    findings = found(tmp_path, KPI, same)
    assert [finding.code for finding in findings] == ["meaning-twice", "meaning-twice"]
    received = changed(*SUM)
    alias = "kpi: alias\nlabel: {en: A, fr: B}\nquestion: {en: How many?, fr: Combien ?}\nowner: x\nunit: count\n"
    alias += "rollup: sum\nbetter: lower\nvalue: kpi(long_waits)\n"
    alias += "tests: [{given: {interactions: [{wait_s: 130}]}, expect: 1}]\n"
    assert codes(tmp_path, received, alias) == ["meaning-twice", "meaning-twice"]
    assert codes(tmp_path, received, alias.replace("value: kpi(", "value: 2 * kpi(")) == []


def test_shares_and_rates_of_kpis(tmp_path: Path) -> None:
    seconds = changed(*SUM, ("count_if(wait_s > :promise)", "sum(wait_s)"), ("unit: count", "unit: seconds"),
                      ("parameters: {promise: 120 s}\n", ""), ("expect: 1", "expect: 140"))  # fmt: skip
    rows = renamed(changed(*SUM))
    head = "kpi: c\nlabel: {en: A, fr: B}\nquestion: {en: How many?, fr: Combien ?}\nowner: x\n"
    head += "unit: ratio\nbetter: lower\n"
    tests = "\ntests: [{given: {interactions: [{wait_s: 130}]}, expect: 1}]\n"
    share = head + "rollup: share\nnumerator: kpi(other)\ndenominator: kpi(long_waits)" + tests
    assert codes(tmp_path, seconds, rows, share) == ["division-without-meaning"]
    assert codes(tmp_path, seconds, rows, share.replace("rollup: share", "rollup: ratio")) == []
    rate = renamed(changed(("wait_s >", "talk_s >")))
    index = head + "rollup: index\nparts: {a: kpi(other), b: kpi(long_waits)}\nformula: 100 * a / b" + tests
    assert codes(tmp_path, KPI, rate, index) == ["division-without-meaning"]
    assert codes(tmp_path, KPI, rate, index.replace("a / b", "(a - b)")) == []


def test_owners_of_the_workspaces_own_kpis(tmp_path: Path) -> None:
    rules = Rules(owners=("digital", "operation"), own=(tmp_path.name,))
    (finding,) = found(tmp_path, KPI, rules=rules)
    assert (finding.code, finding.hint) == ("unknown-owner", "did you mean `operation`?")
    assert finding.place is not None and finding.place.line == 4
    assert found(tmp_path, KPI, rules=Rules(owners=("digital",), own=("elsewhere",))) == []


def test_team_folders_over_each_other(tmp_path: Path) -> None:
    """A name taken by two teams is an error; keys laid over another team's KPI are said to be."""
    one, two = tmp_path / "team_a", tmp_path / "team_b"
    one.mkdir(), two.mkdir()
    (one / "k.yml").write_text(KPI, encoding="utf-8")
    (two / "k.yml").write_text(KPI, encoding="utf-8")
    assert [each.code for each in check(load_glossary([one, two]))[0]] == ["kpi-exists-below"]
    (two / "k.yml").write_text("kpi: long_waits\nextends: team_a\nparameters: {promise: 90 s}\n", encoding="utf-8")
    assert check(load_glossary([one, two]))[0] == []
    assert load_glossary([one, two]).resolve("long_waits").parameters["promise"].value == 90
    (two / "k.yml").write_text("kpi: long_waits\nextends: team_c\nparameters: {promise: 90 s}\n", encoding="utf-8")
    assert [each.code for each in check(load_glossary([one, two]))[0]] == ["nothing-below"]
    (two / "k.yml").write_text(KPI + "replaces: team_a\n", encoding="utf-8")
    assert check(load_glossary([one, two]))[0] == []
    (two / "l.yml").write_text(KPI + "replaces: team_a\n", encoding="utf-8")
    assert [each.code for each in check(load_glossary([one, two]))[0]] == ["kpi-twice"]


def test_a_name_twice_below_is_told_beside_what_lies_over_it(tmp_path: Path) -> None:
    below, above = tmp_path / "below", tmp_path / "above"
    for folder, name in ((below, "a"), (below, "b"), (above, "c")):
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.yml").write_text(KPI, encoding="utf-8")
    told = check(load_glossary([below, above]))[0]
    assert sorted((each.code, each.place.file[-5:] if each.place else "") for each in told) == [
        ("kpi-exists-below", "c.yml"),
        ("kpi-twice", "b.yml"),
    ]


def test_the_shipped_glossary_passes() -> None:
    assert [finding.text() for finding in check(load_glossary(["standard"]))[0]] == []
