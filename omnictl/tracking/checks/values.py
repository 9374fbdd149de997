"""Events and properties against their rows: missing, empty, with holes, unplanned, out of range."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from omnictl.errors import Severity
from omnictl.relations import RELATIONS
from omnictl.tracking.checks.expected import rows_with
from omnictl.tracking.checks.finding import DataFinding
from omnictl.tracking.checks.ground import Ground, is_of, shown_relations
from omnictl.tracking.checks.scans import EXAMPLES, Group, Out, rule_of
from omnictl.tracking.plan import Event, Property

VERSION = "version_at"  # of what completes a contact it orders the records, and is not kept


def of_events(ground: Ground) -> Iterator[DataFinding]:
    """What is wrong with the rows of events, in the order of the plan; then what the plan does not have."""
    for event in ground.plan.events:
        found = ground.of(event)
        yield from _missing_event(ground, event, ground.everywhere(event))
        for source, group in found.items():
            if group.rows:
                yield from _properties(ground, event, source, group)
        if found:
            yield from _given_by_none(ground, event, ground.everywhere(event))
        yield from _values(ground, event, found)
    if not ground.partial:
        yield from _unplanned(ground)
    yield from _unknown_codes(ground)


# events


def gravity(event: Event) -> Severity:
    """How grave it is that an event is not there: as grave as what cannot be computed without it."""
    if any(each.kpis for each in event.properties):
        return "error"
    return "warning" if event.kpis or any(each.cuts for each in event.properties) else "note"


def _lighter(ground: Ground, severity: Severity) -> Severity:
    """Of the whole glossary, which no workspace is expected to fill, all is one degree less grave."""
    lighter: dict[Severity, Severity] = {"error": "warning", "warning": "note", "note": "note"}
    return lighter[severity] if ground.whole else severity


def _missing_event(ground: Ground, event: Event, found: dict[str, Group]) -> Iterator[DataFinding]:
    if any(group.rows for group in found.values()):
        yield from _missing_of_some(ground, event, found)
        return
    givers = [name for name in event.sources if name in ground.sources]
    if not givers and not event.sources:
        severity: Severity = "note" if ground.whole else gravity(event)
        yield DataFinding("source-not-connected", ground.about("", event), severity, count=0)
    for source in givers:
        yield _nothing_of(ground, event, source, _lighter(ground, gravity(event)))


def _missing_of_some(ground: Ground, event: Event, found: dict[str, Group]) -> Iterator[DataFinding]:
    """Sources without a row of an event that others have; of those alone that say that they give it."""
    for source in event.sources:
        planned = ground.plan.sources.get(source)
        sure = planned is not None and event.relation == "interactions" and event.channel in planned.channels
        under = ground.under(source)
        if source in ground.sources and sure and under == source and not (under in found and found[under].rows):
            yield _nothing_of(ground, event, source, _lighter(ground, "warning"))


def _nothing_of(ground: Ground, event: Event, source: str, severity: Severity) -> DataFinding:
    """That a source has no row of an event, and why: never loaded, failed, or none came."""
    about = ground.about(source, event)
    standing = ground.held.standings.get(source)
    state = standing.state if standing is not None else "never"
    if state == "never":
        return DataFinding("event-missing", about, severity, "never", count=0)
    under = ground.under(source)
    rows = ground.held.rows(under, event.relation)
    rows = rows or sum(ground.held.rows(under, relation) for relation in shown_relations())
    if state in ("failed", "missing", "too_many_rejects") and not rows:
        return DataFinding("event-missing", about, severity, "failed", count=0)
    if not rows:
        return DataFinding("event-missing", about, severity, "empty", count=0, rows=0)
    if ground.since is not None:
        return DataFinding("event-missing", about, severity, "since", count=0, details={"since": ground.since})
    return DataFinding("event-missing", about, severity, "none", count=0, rows=rows)


def _unplanned(ground: Ground) -> Iterator[DataFinding]:
    """Channels, types of steps and questions that are recorded and not planned; relations as a whole are worth a note,
    for nobody may have asked for them."""
    whole: dict[tuple[str, str], int] = {}
    for relation, key, group in ground.unplanned():
        rows = sum(each.rows for other, each in ground.groups[relation].items() if other.source == key.source)
        if not any(event.relation == relation for event in ground.plan.events):
            whole[key.source, relation] = rows
            continue
        said = "channel" if relation == "interactions" else "kind"
        example = ".".join(part for part in (key.channel, key.kind) if part)
        about = ground.about(key.source).as_event(f"{relation}.{example}")
        yield DataFinding("event-unplanned", about, "warning", said, count=group.rows, rows=rows, example=example)
    for (source, relation), rows in whole.items():
        about = ground.about(source).as_event(relation)
        yield DataFinding("event-unplanned", about, "note", "relation", count=rows, rows=rows)


# properties


def _properties(ground: Ground, event: Event, source: str, group: Group) -> Iterator[DataFinding]:
    """What is wrong with the columns of an event's rows of one source."""
    family = ground.family(source)
    alternatives = [each for each in event.properties if each.one_of]
    one_is_there = any(_filled(group, each) for each in alternatives)
    for each in event.properties:
        filled = _filled(group, each)
        fed = [feed for feed in each.feeds if feed.source in family]
        own = not fed or any(feed.source == source for feed in fed)
        about = ground.about(source if own else fed[0].source, event, each)
        if fed and not filled:
            told = any(feed.source == source for feed in fed) or each.column != VERSION
            if told and not (each.one_of and one_is_there):
                yield DataFinding("property-empty", about, _weight(each), count=group.rows, rows=group.rows)
        elif not fed and not filled and each.feeds and each.needed and not (each.one_of and one_is_there):
            others = ", ".join(dict.fromkeys(f"`{feed.source}`" for feed in each.feeds))
            details = {"others": others}
            yield DataFinding(
                "property-missing", about, "warning", "here", count=group.rows, rows=group.rows, details=details
            )
        elif filled and each.needed and not each.required and not each.one_of:
            yield from _nulls(ground, event, source, each, group)


def _filled(group: Group, each: Property) -> int:
    return group.filled.get(each.column, 0)


def _weight(each: Property) -> Severity:
    """How grave it is that a property is not there."""
    if each.needed and not each.one_of:
        return "error"
    return "warning" if each.kpis or each.cuts else "note"


def _nulls(ground: Ground, event: Event, source: str, each: Property, group: Group) -> Iterator[DataFinding]:
    """A share of rows without a value above what the plan allows; a bound that the plan gives itself is an error."""
    condition = rows_with(event.relation, each.column, bounded=each.nulls is not None)
    if condition is None:
        return
    expected = group.expected.get(each.column, group.rows)
    lacking = group.lacking.get(each.column, group.rows - min(group.rows, _filled(group, each)))
    allowed = each.nulls if each.nulls is not None else ground.nulls
    if expected and Decimal(lacking) > allowed * expected:
        yield DataFinding(
            "property-nulls",
            ground.about(source, event, each),
            "warning" if each.nulls is None else "error",
            count=lacking,
            rows=expected,
            details={"allowed": allowed},
        )


def _given_by_none(ground: Ground, event: Event, found: dict[str, Group]) -> Iterator[DataFinding]:
    """Properties of an event with rows that no source gives."""
    rows = sum(group.rows for group in found.values())
    one_is_there = any(each.feeds for each in event.properties if each.one_of)
    for each in event.properties if rows else ():
        if each.feeds or any(_filled(group, each) for group in found.values()):
            continue
        if each.one_of and one_is_there:
            continue
        if each.required or each.kpis or each.helps or each.cuts:
            source = next(iter(found)) if len(found) == 1 else ""
            about = ground.about(source, event, each)
            severity = _lighter(ground, _weight(each))
            yield DataFinding("property-missing", about, severity, count=rows, rows=rows)


# values


def _values(ground: Ground, event: Event, found: dict[str, Group]) -> Iterator[DataFinding]:
    """Values outside of the range or the list of a property, with examples."""
    for each in event.properties:
        rule = rule_of(event.relation, each)
        if rule is None or not any(group.out.get(rule) for group in found.values()):
            continue
        column = RELATIONS[event.relation].column(each.column)
        hidden = bool(each.privacy) or column is None or column.personal
        examples = {} if hidden else _examples(ground, event, rule)
        for source, group in found.items():
            count = group.out.get(rule, 0)
            if count:
                yield _out(ground, event, each, source, count, group, examples.get(source, []))


def _examples(ground: Ground, event: Event, rule: Out) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, dict[str, int]] = {}
    for key, values in ground.scan.values_out(event.relation, rule).items():
        if is_of(event, key):
            of_source = found.setdefault(ground.under(key.source), {})
            for value, count in values:
                of_source[value] = of_source.get(value, 0) + count
    return {source: sorted(values.items(), key=lambda one: (-one[1], one[0])) for source, values in found.items()}


def _out(
    ground: Ground,
    event: Event,
    each: Property,
    source: str,
    count: int,
    group: Group,
    examples: list[tuple[str, int]],
) -> DataFinding:
    about = ground.about(source, event, each)
    rows = group.filled.get(each.column, group.rows)
    if each.values:
        shown = ", ".join(f"{value} ({number:,})" for value, number in examples[:EXAMPLES])
        said = "" if shown else "personal"
        return DataFinding("value-unplanned", about, "error", said, count=count, rows=rows, example=shown)
    low, high = ("" if bound is None else f"{bound:f}" for bound in (each.low, each.high))
    details: dict[str, object] = {"range": f"[{low} … {high}]"}
    shown = ", ".join(value for value, _ in examples[:2])
    return DataFinding("value-out-of-range", about, "error", count=count, rows=rows, example=shown, details=details)


def _unknown_codes(ground: Ground) -> Iterator[DataFinding]:
    """Outcomes in codes of the tool's own that no mapping knows: the store left them empty and counted them."""
    for (source, kind), values in ground.held.unknown.items():
        if ground.since is not None or not kind.startswith("outcome") or not ground.asked(source):
            continue
        relation = kind.removeprefix("outcome of ") if kind != "outcome" else "interactions"
        events = [event for event in ground.plan.events if event.relation == relation and ground.of(event).get(source)]
        asked = [each for event in events if (each := event.find("outcome")) is not None]
        if not asked:
            continue
        one = events[0] if len(events) == 1 else None
        shown = ", ".join(f"{value} ({count:,})" for value, count in values[:EXAMPLES])
        about = ground.about(source, one, asked[0])
        count, rows = sum(number for _, number in values), ground.held.rows(source, relation)
        yield DataFinding("value-unplanned", about, "error", "unknown", count=count, rows=rows, example=shown)
