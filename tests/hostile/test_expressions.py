"""Hostile expressions in the definitions of KPIs, and in `kpi query --where`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hostile.harm import alone, disk, harmless
from hostile.texts import EXPRESSIONS, HEAVY
from workbench import Workbench

KPI = """
kpi: k{number}
label: {{en: x{number}, fr: x{number}}}
question: {{en: x, fr: x}}
unit: score
rollup: sum
better: higher
from: interactions
at: started_at
where: {where}
value: {numerator}
"""


def definition(number: int, where: str = "true", numerator: str = "count(*)") -> str:
    return KPI.format(number=number, where=json.dumps(where), numerator=json.dumps(numerator))


def composed(number: int, value: str) -> str:
    """A KPI made of others, which has no rows of its own."""
    own = ("from: ", "at: ", "where: ")
    lines = definition(number, numerator=value).splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(own))


def test_there_are_enough() -> None:
    assert len(set(EXPRESSIONS)) >= 60


@pytest.mark.parametrize(
    "form", ["{}", "count_if({})", "sum(wait_s) filter (where {})", "sum(case when {} then 1 end)"]
)
def test_each_is_refused_at_its_place(workbench: Workbench, form: str) -> None:
    """All of them in one glossary, each in a file of its own: as a condition, and in a part."""
    workbench.workspace("timezone: UTC\nglossary: [kpis/]\n")
    for number, text in enumerate(EXPRESSIONS):
        whole = definition(number, where=text) if form == "{}" else definition(number, numerator=form.format(text))
        workbench.write(f"kpis/k{number}.yml", whole.encode("utf-8", "surrogatepass"))
    sound = definition(len(EXPRESSIONS), numerator=form.format("wait_s > 1") if form != "{}" else "count(*)")
    workbench.write(f"kpis/k{len(EXPRESSIONS)}.yml", sound)
    with harmless(workbench.folder, seconds=20):
        findings = workbench.rows("kpi", "check", expect=1)
    faulty = {Path(finding["file"]).stem for finding in findings if finding["severity"] == "error"}
    passed = {text for number, text in enumerate(EXPRESSIONS) if f"k{number}" not in faulty}
    assert passed == set()
    assert f"k{len(EXPRESSIONS)}" not in faulty


@pytest.mark.parametrize("text", EXPRESSIONS[::9], ids=lambda text: ascii(text[:30]))
def test_none_gets_into_a_question(victim: Workbench, elsewhere: Path, text: str) -> None:
    if text.startswith("-") or "\x00" in text:
        pytest.skip("no argument of a command can be this")
    with harmless(victim.folder, elsewhere):
        said = victim.call("kpi", "query", "contacts_received", "--where", text, expect=2)
    assert "error" in said.stderr


@pytest.mark.parametrize("text", HEAVY, ids=lambda text: text[:30])
def test_what_passes_stays_cheap(victim: Workbench, text: str) -> None:
    before = disk(victim.folder)
    code, said = alone(victim.folder, "kpi", "query", "contacts_received", "--where", text, "--timeout", "2 s")
    assert code in (0, 2), said
    assert code == 0 or "error" in said
    assert disk(victim.folder) == before


def test_what_passes_is_checked_quickly(workbench: Workbench) -> None:
    """Forms that repeat what they are given do not grow with each level they are nested in."""
    workbench.workspace("timezone: UTC\nglossary: [kpis/]\n")
    for number, text in enumerate(HEAVY):
        workbench.write(f"kpis/k{number}.yml", definition(number, where=text))
    code, said = alone(workbench.folder, "kpi", "check", seconds=20)
    assert code == 1, said


def test_a_kpi_that_leans_on_itself(workbench: Workbench) -> None:
    workbench.workspace("timezone: UTC\nglossary: [kpis/]\n")
    for number in range(60):
        following = f"kpi(k{(number + 1) % 60}) + kpi(k{(number + 2) % 60})"
        workbench.write(f"kpis/k{number}.yml", composed(number, following))
    with harmless(workbench.folder, seconds=20):
        findings = workbench.rows("kpi", "check", expect=1)
    assert findings


def test_a_chain_of_kpis_that_doubles_at_each_step(workbench: Workbench) -> None:
    """Forty KPIs, each the sum of the one before with itself: 2 to the power of 40 terms when written out."""
    workbench.workspace("timezone: UTC\nglossary: [kpis/]\n")
    workbench.write("kpis/k0.yml", definition(0))
    for number in range(1, 40):
        workbench.write(f"kpis/k{number}.yml", composed(number, f"kpi(k{number - 1}) + kpi(k{number - 1})"))
    code, said = alone(workbench.folder, "kpi", "check", seconds=20)
    assert code in (0, 1), said


def test_asking_for_such_a_chain(victim: Workbench) -> None:
    victim.write("kpis/k0.yml", definition(0))
    for number in range(1, 40):
        victim.write(f"kpis/k{number}.yml", composed(number, f"kpi(k{number - 1}) + kpi(k{number - 1})"))
    code, said = alone(victim.folder, "kpi", "query", "k39", "--timeout", "2 s")
    assert code in (0, 2), said
    assert code == 0 or "error" in said
