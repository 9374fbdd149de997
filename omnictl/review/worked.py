"""The worked figures of a KPI: cases that could not fail whatever the KPI counted, and KPIs without any."""

from __future__ import annotations

from collections.abc import Iterator

from omnictl.errors import Finding
from omnictl.glossary.kpi import Case
from omnictl.places import excerpt_of
from omnictl.review.whole import Whole

NOTHING = ("no_rows", "undefined")  # states of an empty value, which a KPI that judges no row has too


def check_cases(whole: Whole) -> Iterator[Finding]:
    """Cases that expect nothing of nothing; KPIs none of whose cases expects a figure; KPIs without a case."""
    for kpi in whole.kpis.values():
        if not kpi.cases:
            hint = "tests: [{given: {interactions: [{…}]}, expect: 1}]"
            yield whole.finding("no-case", f"no case says what `{kpi.id}` must give", kpi, "kpi", hint, "note")
            continue
        if not any(rows_given(case) and _expects_a_figure(case) for case in kpi.cases):
            message = f"no case of `{kpi.id}` gives rows and expects a figure: all hold if nothing is ever counted"
            yield _at(whole, kpi.cases[0], message, "add a case whose rows count")
            continue
        for case in kpi.cases:
            if not rows_given(case) and all(expected.figure is None for expected in case.expected):
                message = f"`{case.name}` gives no rows and expects nothing: it holds whatever is counted"
                yield _at(whole, case, message, "give rows of which some count and some do not")


def rows_given(case: Case) -> int:
    """How many rows a case gives."""
    return sum(times for rows in case.given.values() for _, times in rows)


def _expects_a_figure(case: Case) -> bool:
    return any(each.unknown or each.figure not in (None, "0", *NOTHING) for each in case.expected)


def _at(whole: Whole, case: Case, message: str, hint: str) -> Finding:
    excerpt = excerpt_of(whole.glossary.lines().get(case.place.file, []), case.place)
    return Finding("case-cannot-fail", message, case.place, hint, "warning", excerpt)
