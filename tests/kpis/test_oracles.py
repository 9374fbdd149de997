"""What a case may expect besides a figure: rows, a refusal, the figures of SQL written without the KPI."""

from __future__ import annotations

import pytest
from asking import glossary_of

from omnictl.errors import DefinitionError
from omnictl.review.cases import CaseResult, run_cases
from omnictl.review.coverage import coverage_of

SHARE = """
kpi: mine
rollup: share
from: interactions
at: started_at
channels: [chat, phone]
parameters: {limit: 5 s}
numerator: count_if(wait_s >= :limit)
denominator: count(*)
variants:
  all: {numerator: count(*), denominator: count(*)}
tests:
"""
GIVEN = "given: {interactions: [{wait_s: 5, queue: a}, {wait_s: 4, queue: a}, {wait_s: 9, queue: b, channel: phone}]}"


def tried(test: str) -> list[CaseResult]:
    glossary = glossary_of(f"{SHARE}  - {test}")
    return list(run_cases(glossary, glossary.resolve("mine")))


@pytest.mark.parametrize(
    "rest",
    [
        "oracle: select count_if(wait_s >= 5) / count(*) from interactions",
        "expect: 2/3, oracle: select count_if(wait_s >= 5) / count(*) from interactions",
        "by: queue, oracle: 'select queue, avg((wait_s >= 5)::int) from interactions group by queue'",
        "oracle: {default: select 2 / 3, all: select 1}",
        "variant: all, oracle: select 1",
        "parameters: {limit: 9 s}, oracle: select 1 / 3",
        "by: queue, expect: [{queue: a, expect: 1/2}, {queue: b, expect: 1}]",
        "by: queue, expect: {a: 1/2}",
        "by: nothing_such, expect: {error: unknown-cut}",
        "parameters: {limit: soon}, expect: {error: wrong-parameter}",
    ],
)
def test_what_holds_passes(rest: str) -> None:
    results = tried(f"{{{GIVEN}, {rest}}}")
    assert results
    assert [result for result in results if not result.passed] == []


@pytest.mark.parametrize(
    ("rest", "got"),
    [
        ("oracle: select 0.5", "0.666"),
        ("oracle: select null", "0.666"),
        ("oracle: 'select 1, 2'", "the oracle gives 2 columns"),
        ("oracle: select queue from interactions", "the oracle gives 3 rows"),
        ("oracle: select 'x'", "'x', which is no figure"),
        ("oracle: select true", "which is no figure"),
        ("oracle: select 1 from nowhere", "`nowhere` cannot be read here"),
        ("oracle: delete from interactions", "this is not a SELECT"),
        ("oracle: select 1; select 2", "the text holds 2 statements"),
        ("oracle: 'select content from read_text(''pyproject.toml'')'", "read_text() is not accepted here"),
        ("by: queue, oracle: 'select queue, 1 from interactions'", "a cut more than once"),
        ("by: queue, oracle: 'select ''a'', 0.5'", "b: 1.0"),
        ("by: queue, expect: [{queue: a, expect: 1/2}]", "b: 1.0"),
        ("by: queue, expect: {error: unknown-cut}", "an answer"),
        ("by: nothing_such, expect: {error: unknown-column}", "refused: unknown-cut"),
    ],
)
def test_what_does_not_hold_is_told(rest: str, got: str) -> None:
    failed = [result for result in tried(f"{{{GIVEN}, {rest}}}") if not result.passed]
    assert len(failed) == 1
    assert got in failed[0].got


def test_an_oracle_sees_what_people_do_next() -> None:
    results = tried(
        "{given: {interactions: [{person: A, wait_s: 5, ended_at: 2026-03-02 10:05}, "
        "{person: A, wait_s: 9, started_at: 2026-03-04 10:00}, {person: B, wait_s: 1}]}, "
        "oracle: select 2 * count(next_contact_gap_s) / 3 from followups}"
    )
    assert [result.got for result in results] == ["the same"]


@pytest.mark.parametrize("rest", ["", "expect: {other: 1}", "oracle: {other: select 1}", "unknown: {other: 1}"])
def test_a_case_expects_something_of_what_there_is(rest: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        tried(f"{{{GIVEN}, {rest}}}")
    assert {finding.code for finding in caught.value.findings} <= {"missing-key", "unknown-variant"}


def test_coverage_names_what_no_case_speaks_of() -> None:
    glossary = glossary_of(f"{SHARE}  - {{given: {{interactions: [{{wait_s: 5}}]}}, expect: 1}}")
    found = coverage_of(glossary, glossary.resolve("mine"))
    assert (found.cases, found.variants, found.channels) == (1, ("all",), ("phone",))
    assert not found.whole
    bare = glossary_of(SHARE.replace("tests:\n", ""))
    found = coverage_of(bare, bare.resolve("mine"))
    assert (found.cases, found.variants, found.channels) == (0, ("all",), ("chat", "phone"))


def test_coverage_is_whole_when_every_variant_and_channel_is_tried() -> None:
    glossary = glossary_of(f"{SHARE}  - {{{GIVEN}, expect: {{default: 2/3, all: 1}}}}")
    assert coverage_of(glossary, glossary.resolve("mine")).whole
