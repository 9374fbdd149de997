"""Why a figure changed: first what data is late or missing, then the change in parts that add up to it.

A count is split by the values of each cut, and a ratio into what the rates and what the mix of each cut add; a volume
of contacts into first contacts and repeats. Against several periods the measure is their mean, of a ratio the ratio of
all together. A period of the baseline without any row is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from omnictl.compiler.catalog import People, read_catalog
from omnictl.errors import OmnictlError
from omnictl.glossary.meaning import Meaning, Meanings
from omnictl.review.against import Against, Span, baseline_of
from omnictl.review.asking import Asked, Cell, Told
from omnictl.review.cuts import Cut, Whole, cuts_of
from omnictl.review.deliveries import Fed, Incomplete, incomplete, rows_by_source, without_rows
from omnictl.review.effects import Parts, mean, mean_parts
from omnictl.review.hybrids import Overlaid
from omnictl.review.repeats import groups_of, repeats_of
from omnictl.zone import zone_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.planner import Setting
    from omnictl.compiler.question import Question
    from omnictl.glossary.glossary import Glossary
    from omnictl.glossary.kpi import Kpi

GROUPS = ("first", "repeat", "unidentified", "unobserved", "unknown")
HINT = "--against previous or year; `omnictl status` tells what is loaded"


@dataclass(frozen=True)
class Changed:
    """A figure and what it is measured against, and the change between them in parts.

    Attributes:
        baseline: the periods measured against, the latest first; `left_out`: those without data or figure.
        before, after: the figures; `after` is None where there is none.
        parts: numerator and denominator of both, of a quotient.
        state: why the figure of the period is empty, or not final.
        repeats: group of `GROUPS`: contacts before and after; empty where that cannot be told.
        linked: how far the people are known whose repeats are asked for; None where they are not.
    """

    kpi: Kpi
    meaning: Meaning
    span: Span
    baseline: tuple[Span, ...]
    left_out: tuple[Span, ...]
    before: Fraction
    after: Fraction | None
    parts: tuple[Parts, Parts] | None
    state: str | None
    incomplete: tuple[Incomplete, ...]
    fed: tuple[Fed, ...]
    cuts: tuple[Cut, ...]
    repeats: Mapping[str, tuple[Fraction, Fraction]]
    linked: People | None
    notes: tuple[str, ...]

    @property
    def change(self) -> Fraction:
        return (self.after or Fraction(0)) - self.before

    @property
    def spans(self) -> tuple[Span, ...]:
        """The period, then the whole baseline, the latest first; as `fed` counts rows."""
        return (self.span, *sorted((*self.baseline, *self.left_out), key=lambda span: span.start, reverse=True))


def why(
    glossary: Glossary,
    setting: Setting,
    address: str,
    span: Span,
    against: Against,
    question: Question,
    con: duckdb.DuckDBPyConnection,
    *,
    by: Sequence[str] = (),
) -> Changed:
    """Take the change of a figure apart.

    Args:
        question: whose condition holds; about no KPI.
        by: cuts; none for those of `cuts.DIMENSIONS` that the KPI's rows have and that have several values.

    Raises:
        OmnictlError: there is nothing to measure against.
        DefinitionError: there is no such KPI, or a cut or condition that cannot be asked for.
        EngineError: the database refused.
    """
    zone, catalog = zone_of(setting.timezone), read_catalog(con)
    meanings = Meanings(glossary, zone)
    meaning = meanings.of(address)
    if meaning.by:
        message = f"{address} is always cut by {' and '.join(meaning.by)}: it has no figure of its own that changes"
        raise OmnictlError(message, hint="ask a KPI that is not cut")
    spans = (span, *baseline_of(span, against))
    fed = rows_by_source(meaning, catalog, spans, zone, con)
    empty = _without_data(fed, spans)
    asked = Asked(meanings, setting, catalog, con, spans, question)
    totals = asked.figures(address)
    empty |= {number for number in range(1, len(spans)) if totals[number, None].row["value"] is None}
    kept = [number for number in range(1, len(spans)) if number not in empty]
    if not kept:
        raise OmnictlError(f"{address} has no figure to measure against: {totals[1, None].state}", hint=HINT)
    before, after, parts = _totals(totals, kept)
    of_figures = list(asked.notes)  # what is said of each cut is not told
    cuts = tuple(cuts_of(asked, meaning, by, kept, Whole(before, after, parts))) if after is not None else ()
    asked.notes[:] = of_figures
    repeats = _repeats(asked, meaning, kept, totals)
    return Changed(
        kpi=meaning.kpi,
        meaning=meaning,
        span=span,
        baseline=tuple(spans[number] for number in kept),
        left_out=tuple(spans[number] for number in sorted(empty)),
        before=before,
        after=after,
        parts=parts,
        state=totals[0, None].state,
        incomplete=tuple(incomplete(meaning, catalog, [spans[number] for number in (0, *kept)], zone)),
        fed=tuple(fed),
        cuts=cuts,
        repeats=repeats,
        linked=catalog.people if repeats_of(meaning) is not None else None,
        notes=tuple(dict.fromkeys(asked.notes)),
    )


def _without_data(fed: Sequence[Fed], spans: Sequence[Span]) -> set[int]:
    """The numbers of the periods measured against that have no rows.

    Raises:
        OmnictlError: none has any.
    """
    empty = {number for number in without_rows(fed, len(spans)) if number}
    if len(empty) == len(spans) - 1:
        told = ", ".join(each.told for each in spans[1:])
        raise OmnictlError(f"there is no data to measure against: {told}", hint=HINT)
    return empty


def _totals(
    totals: Mapping[Cell, Told], kept: Sequence[int]
) -> tuple[Fraction, Fraction | None, tuple[Parts, Parts] | None]:
    """Both figures, and their parts where the KPI is a quotient."""
    then, now = [totals[number, None] for number in kept], totals[0, None]
    found = [each.parts for each in then if each.parts is not None]
    after = now.value if now.row["value"] is not None else None
    if len(found) < len(then) or now.parts is None or after is None:
        return mean([each.value for each in then]), after, None
    old = mean_parts(found)
    return old.rate or Fraction(0), now.parts.rate, (old, now.parts)


def _repeats(
    asked: Asked, meaning: Meaning, kept: Sequence[int], totals: Mapping[Cell, Told]
) -> dict[str, tuple[Fraction, Fraction]]:
    """What is counted by group, before and after; empty where nobody is known, or rows are not followed."""
    repeats = repeats_of(meaning)
    if repeats is None or asked.catalog.people in (People.UNLINKED, People.NONE):
        return {}
    asked_of = (repeats, *(groups_of(repeats) if asked.question.floor else ()))
    overlaid = Overlaid(asked.meanings.glossary, {each.id: each for each in asked_of})
    apart = replace(asked, meanings=Meanings(overlaid, zone_of(asked.setting.timezone)), notes=[])
    figures, *people = (apart.figures(each.id) for each in asked_of)
    groups = {number: _groups(figures[number, None], totals[number, None]) for number in (0, *kept)}
    few = any(0 < groups[number][name] < asked.question.floor for number in groups for name in GROUPS)
    if few or any(each[number, None].hidden for each in (figures, *people) for number in groups):
        asked.notes.append(f"{meaning.kpi.address}: first contacts and repeats are about too few people to be told")
        return {}
    return {
        name: (mean([groups[number][name] for number in kept]), groups[0][name])
        for name in GROUPS
        if any(groups[number][name] for number in (0, *kept))
    }


def _groups(split: Told, whole: Told) -> dict[str, Fraction]:
    """The rows of one period by group; together they are all that is counted."""
    judged, repeated = split.count("n"), split.value
    found = {
        "first": judged - repeated,
        "repeat": repeated,
        "unidentified": split.count("unidentified"),
        "unobserved": split.count("immature"),
    }
    return found | {"unknown": whole.value - sum(found.values(), Fraction(0))}
