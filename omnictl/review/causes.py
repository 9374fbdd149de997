"""Why a figure changed: first what data is late or missing, then the change in parts that add up to it.

A count is split by the values of each cut, and a ratio into what the rates and what the mix of each cut add; a volume
of contacts into first contacts and repeats. Against several periods the measure is their mean, of a ratio the ratio of
all together. A period of the baseline without any row is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

from omnictl.compiler.catalog import Catalog, People, read_catalog
from omnictl.errors import DefinitionError, OmnictlError
from omnictl.glossary.leaves import leaves_of
from omnictl.glossary.meaning import Meaning, Meanings
from omnictl.review.against import Against, Span, baseline_of
from omnictl.review.asking import Asked, Cell, Told
from omnictl.review.deliveries import Fed, Incomplete, incomplete, rows_by_source, without_rows
from omnictl.review.effects import NOTHING, Effect, Parts, contributions, mean, mean_parts, rate_and_mix
from omnictl.review.hybrids import Overlaid
from omnictl.review.repeats import repeats_of
from omnictl.zone import zone_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.planner import Setting
    from omnictl.glossary.glossary import Glossary
    from omnictl.glossary.kpi import Kpi

Side = TypeVar("Side", Fraction, Parts)
DIMENSIONS = ("channel", "intent", "queue", "business_line", "solution", "partner", "site")  # taken where filled
GROUPS = ("first", "repeat", "unidentified", "unobserved", "unknown")
HINT = "--against previous or year; `omnictl status` tells what is loaded"
CLOSE = Fraction(1, 10**9)  # sums of doubles differ by less


@dataclass(frozen=True)
class Cut:
    """The change by the values of one dimension. `counts` of a figure that adds up, else `effects` of a ratio.

    Attributes:
        before, after: by value.
        rest: what the values do not add up to, mostly 0.
    """

    name: str
    before: Mapping[Any, Fraction]
    after: Mapping[Any, Fraction]
    counts: Mapping[Any, Fraction] = field(default_factory=dict)
    effects: Mapping[Any, Effect] = field(default_factory=dict)
    rest: Fraction = Fraction(0)


@dataclass(frozen=True)
class Changed:
    """A figure and what it is measured against, and the change between them in parts.

    Attributes:
        baseline: the periods measured against, the latest first; `left_out`: those without data or figure.
        before, after: the figures; `after` is None where there is none.
        parts: numerator and denominator of both, of a quotient.
        state: why the figure of the period is empty, or not final.
        repeats: group of `GROUPS`: contacts before and after; empty where that cannot be told.
        linked: how far people are known.
    """

    kpi: Kpi
    meaning: Meaning
    span: Span
    against: Against
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
    linked: People
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
    con: duckdb.DuckDBPyConnection,
    *,
    by: Sequence[str] = (),
    where: str | None = None,
    lang: str = "en",
) -> Changed:
    """Take the change of a figure apart.

    Args:
        by: cuts; none for those of `DIMENSIONS` that the KPI's rows have and that have several values.

    Raises:
        OmnictlError: there is nothing to measure against.
        DefinitionError: there is no such KPI, or a cut or condition that cannot be asked for.
        EngineError: the database refused.
    """
    meaning = Meanings(glossary).of(address)
    if meaning.by:
        message = f"{address} is always cut by {' and '.join(meaning.by)}: it has no figure of its own that changes"
        raise OmnictlError(message, hint="ask a KPI that is not cut")
    spans = (span, *baseline_of(span, against))
    zone, catalog = zone_of(setting.timezone), read_catalog(con)
    fed = rows_by_source(meaning, catalog, spans, zone, con)
    empty = [number for number in without_rows(fed, len(spans)) if number]
    if len(empty) == len(spans) - 1:
        told = ", ".join(each.told for each in spans[1:])
        raise OmnictlError(f"there is no data to measure against: {told}", hint=HINT)
    asked = Asked(glossary, setting, catalog, con, spans, where, lang)
    totals = asked.figures(address)
    empty += [number for number in range(1, len(spans)) if totals[number, None].row["value"] is None]
    kept = [number for number in range(1, len(spans)) if number not in empty]
    if not kept:
        raise OmnictlError(f"{address} has no figure to measure against: {totals[1, None].state}", hint=HINT)
    before, after, parts = _totals(totals, kept)
    notes = tuple(dict.fromkeys(asked.notes))
    cuts = [] if after is None else _cuts(asked, meaning, by, kept, after - before, parts)
    return Changed(
        kpi=meaning.kpi,
        meaning=meaning,
        span=span,
        against=against,
        baseline=tuple(spans[number] for number in kept),
        left_out=tuple(spans[number] for number in empty),
        before=before,
        after=after,
        parts=parts,
        state=totals[0, None].state,
        incomplete=tuple(incomplete(meaning, catalog, [spans[number] for number in (0, *kept)], zone)),
        fed=tuple(fed),
        cuts=tuple(cuts),
        repeats=_repeats(asked, meaning, kept, totals),
        linked=catalog.people,
        notes=notes,
    )


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


# cuts


def _cuts(
    asked: Asked,
    meaning: Meaning,
    by: Sequence[str],
    kept: Sequence[int],
    change: Fraction,
    parts: tuple[Parts, Parts] | None,
) -> list[Cut]:
    """The change by each cut; nothing where the figure neither adds up nor is a quotient."""
    if parts is None and not _adds_up(meaning):
        return []
    found = []
    for name in by or _filled(meaning, asked.catalog):
        try:
            figures = asked.figures(meaning.kpi.address, name)
        except DefinitionError:
            if by:
                raise
            continue
        values = dict.fromkeys(value for _, value in figures)
        made = _ratio(name, figures, values, kept, parts) if parts else _count(name, figures, values, kept, change)
        if made is not None and (by or len(made.after) > 1):
            found.append(made)
    return found


def _adds_up(meaning: Meaning) -> bool:
    """Whether the figures of several values are added: sums and counts of rows."""
    if meaning.kpi.rollup == "stock":
        return meaning.kpi.over_time in ("last", "mean")
    return meaning.kpi.rollup == "sum"


def _filled(meaning: Meaning, catalog: Catalog) -> list[str]:
    """The usual cuts that all rows of a KPI have, and that some row fills."""
    reaches = [leaf.branch.reach for leaf in leaves_of(meaning) if not leaf.over]
    found = []
    for name in DIMENSIONS:
        named = [each for reach in reaches if (each := reach.find(name)) is not None]
        relations = {each.relation for each in named}
        relations |= {reach.parent.name for reach in reaches if reach.parent is not None and reach.find_in_parent(name)}
        filled = {relation for (relation, _, column), fill in catalog.fills.items() if column == name and fill.filled}
        if len(named) == len(reaches) and relations & filled:
            found.append(name)
    return found


def _count(
    name: str, figures: Mapping[Cell, Told], values: Mapping[Any, None], kept: Sequence[int], change: Fraction
) -> Cut:
    before = {value: mean([_value(figures, number, value) for number in kept]) for value in values}
    after = {value: _value(figures, 0, value) for value in values}
    before, after = _filled_in(before, after)
    counts = contributions(before, after)
    rest = change - sum(counts.values(), Fraction(0))
    return Cut(name, before, after, counts=counts, rest=_unless_close(rest, sum(after.values(), Fraction(0))))


def _ratio(
    name: str,
    figures: Mapping[Cell, Told],
    values: Mapping[Any, None],
    kept: Sequence[int],
    parts: tuple[Parts, Parts],
) -> Cut | None:
    """Rate and mix effects; None where the denominator is not split by the cut."""
    before = {value: mean_parts([_parts(figures, number, value) for number in kept]) for value in values}
    after = {value: _parts(figures, 0, value) for value in values}
    before, after = _filled_in(before, after)
    for split, whole in zip((before, after), parts, strict=True):
        below = sum((each.denominator for each in split.values()), Fraction(0))
        if not below or _unless_close(below - whole.denominator, below):
            return None
    effects = rate_and_mix(before, after)
    change = (parts[1].rate or Fraction(0)) - (parts[0].rate or Fraction(0))
    rest = change - sum((each.total for each in effects.values()), Fraction(0))
    rates = [{value: each.rate or Fraction(0) for value, each in split.items()} for split in (before, after)]
    return Cut(name, rates[0], rates[1], effects=effects, rest=_unless_close(rest, Fraction(1)))


def _filled_in(before: Mapping[Any, Side], after: Mapping[Any, Side]) -> tuple[dict[Any, Side], dict[Any, Side]]:
    """Both sides without the values that have nothing in either."""
    nothing = (Fraction(0), NOTHING)
    kept = [value for value in after if before[value] not in nothing or after[value] not in nothing]
    return {value: before[value] for value in kept}, {value: after[value] for value in kept}


def _value(figures: Mapping[Cell, Told], number: int, value: Any) -> Fraction:
    told = figures.get((number, value))
    return told.value if told is not None else Fraction(0)


def _parts(figures: Mapping[Cell, Told], number: int, value: Any) -> Parts:
    told = figures.get((number, value))
    return (told.parts if told is not None else None) or NOTHING


def _unless_close(rest: Fraction, of: Fraction) -> Fraction:
    """What is left over; nothing where only the sums of doubles differ."""
    return rest if abs(rest) > CLOSE * max(abs(of), Fraction(1)) else Fraction(0)


# repeats


def _repeats(
    asked: Asked, meaning: Meaning, kept: Sequence[int], totals: Mapping[Cell, Told]
) -> dict[str, tuple[Fraction, Fraction]]:
    """What is counted by group, before and after; empty where nobody is known, or rows are not followed."""
    repeats = repeats_of(meaning)
    if repeats is None or asked.catalog.people in (People.UNLINKED, People.NONE):
        return {}
    overlaid = Overlaid(asked.glossary, {repeats.id: repeats})
    figures = Asked(overlaid, asked.setting, asked.catalog, asked.con, asked.spans, asked.where, asked.lang).figures(
        repeats.id
    )
    groups = {number: _groups(figures[number, None], totals[number, None]) for number in (0, *kept)}
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
