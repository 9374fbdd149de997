"""The trial of worked figures: of the examples' KPIs, and of right and wrong ones made here."""

from __future__ import annotations

from pathlib import Path

import pytest
from asking import glossary_of

from omnictl.errors import DefinitionError
from omnictl.glossary import load_glossary
from omnictl.review.cases import CaseResult, run_cases

EXAMPLES = Path(__file__).parents[2] / "examples"
COUNT = """
kpi: mine
rollup: share
from: interactions
at: {chat: answered_at, default: queued_at}
channels: [chat, phone]
parameters: {limit: 5 s}
numerator: count_if(wait_s >= :limit)
denominator: count(*)
variants:
  queued: {denominator: count_if(queued_at is not null)}
tests:
"""


def test_worked_figures_of_the_examples() -> None:
    for folder in sorted(EXAMPLES.glob("*/kpis")):
        glossary = load_glossary(["standard", folder])
        for name in load_glossary([folder]).names:
            assert all(result.passed for result in run_cases(glossary, glossary.resolve(name)))


def tried(tests: str) -> list[CaseResult]:
    glossary = glossary_of(COUNT + tests)
    return list(run_cases(glossary, glossary.resolve("mine")))


@pytest.mark.parametrize(
    "test",
    [
        "{given: {interactions: [{wait_s: 5}, {wait_s: 4}]}, expect: 1/2}",
        "{given: {interactions: [{wait_s: 5, times: 3}, {wait_s: 4}]}, expect: 0.75, unknown: 0}",
        "{given: {interactions: [{wait_s: 5}, {}]}, expect: 1, unknown: 1}",
        "{given: {interactions: [{wait_s: 5, answered_at: null}]}, expect: no_rows, unknown: 1}",
        "{given: {interactions: [{wait_s: 5, channel: phone, queued_at: null}]}, expect: null, unknown: 1}",
        "{given: {interactions: [{wait_s: 5, channel: email}]}, expect: no_rows}",
        "{given: {interactions: []}, expect: null}",
        "{given: {interactions: [{wait_s: 5}, {wait_s: 9}]}, parameters: {limit: 9 s}, expect: 1/2}",
        "{given: {interactions: [{wait_s: 5}, {wait_s: 1, channel: phone}]}, by: channel, expect: {chat: 1, phone: 0}}",
        "{given: {interactions: [{wait_s: 5, queue: a}]}, by: [channel, queue],"
        " expect: [{channel: chat, queue: a, expect: 1}]}",
        "{given: {interactions: [{wait_s: 5, queued_at: 2026-01-01}, {wait_s: 5}]}, expect: {default: 1, queued: 2}}",
    ],
)  # fmt: skip
def test_a_right_figure_passes(test: str) -> None:
    assert [result for result in tried(f"  - {test}") if not result.passed] == []


@pytest.mark.parametrize(
    ("test", "got"),
    [
        ("{given: {interactions: [{wait_s: 5}]}, expect: 0.999}", "1.0"),
        ("{given: {interactions: [{wait_s: 5}]}, expect: null}", "1.0"),
        ("{given: {interactions: []}, expect: 0}", "no_rows"),
        ("{given: {interactions: [{}]}, expect: null, unknown: 0}", "no_rows, 1 unknown"),
        ("{given: {interactions: [{wait_s: 5}]}, by: channel, expect: {phone: 1}}", "no such row"),
    ],
)
def test_a_wrong_figure_is_told(test: str, got: str) -> None:
    (result,) = tried(f"  - {test}")
    assert not result.passed
    assert got in result.got


def test_a_given_cell_is_of_its_column() -> None:
    with pytest.raises(DefinitionError, match="`wait_s` is a number, not `long`"):
        tried("  - {given: {interactions: [{wait_s: long}]}, expect: 1}")


def test_a_wrong_kpi_is_no_wrong_figure() -> None:
    glossary = glossary_of(
        "kpi: mine\nrollup: sum\nfrom: surveys\nvalue: count_if(scor > 1)\ntests: [{given: {}, expect: 1}]"
    )
    with pytest.raises(DefinitionError):
        list(run_cases(glossary, glossary.resolve("mine")))
