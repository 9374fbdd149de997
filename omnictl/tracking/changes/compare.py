"""What one plan asks otherwise than another: events, properties, how they are filled and fetched, and what KPIs mean.

A change is breaking when data that kept to the old plan do not keep to the new one, or when the same data mean another
thing: a property that rows must have, a type, a value that is no longer allowed, a name, another filling, another
meaning of a KPI. A breaking change of an event wants a new first number of its version, a harmless one a new second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from omnictl.errors import Place
from omnictl.sources import Retrieval
from omnictl.tracking.document.spans import written
from omnictl.tracking.plan import Event, Feed, Need, Plan, Property

if TYPE_CHECKING:
    from omnictl.review.differences import Difference

Grade = Literal["breaking", "meaning", "harmless", "version"]
BREAKING: Grade = "breaking"
MEANING: Grade = "meaning"
HARMLESS: Grade = "harmless"
VERSION: Grade = "version"


@dataclass(frozen=True)
class Change:
    """One thing that the plan asks otherwise.

    Attributes:
        grade: what it does; `version` is a fault of the version alone.
        what: in kebab-case: `property-added`, `values-removed`, `filling`, `retrieval`, `kpi-meaning` …
        event, column, source: what it is about; '' where that does not apply.
        old, new: in words; '' where there is none.
        kpis: those that it hits.
        wanted: of a version, the least that would do.
    """

    grade: Grade
    what: str
    event: str = ""
    column: str = ""
    source: str = ""
    old: str = ""
    new: str = ""
    kpis: tuple[str, ...] = ()
    place: Place | None = None
    wanted: str = ""

    @property
    def code(self) -> str:
        """The code of the finding that tells it."""
        return f"plan-{self.grade}"

    @property
    def breaking(self) -> bool:
        return self.grade in (BREAKING, MEANING)


def changes(old: Plan, new: Plan, meanings: Sequence[Difference] = ()) -> list[Change]:
    """What differs, event by event; then sources, needs and KPIs.

    Args:
        meanings: what the glossaries say otherwise.
    """
    return [*_of_events(old, new), *_of_sources(old, new), *_of_needs(old, new), *_of_kpis(old, new, meanings)]


# events


def _of_events(old: Plan, new: Plan) -> Iterator[Change]:
    before = {event.id: event for event in old.events}
    after = {event.id: event for event in new.events}
    for name, event in before.items():
        if name not in after:
            yield Change(BREAKING, "event-removed", name, old=event.name, kpis=event.kpis)
    for name, event in after.items():
        if name not in before:
            yield Change(HARMLESS, "event-added", name, new=event.name, kpis=event.kpis, place=event.place)
        else:
            yield from _of_event(before[name], event)


def _of_event(old: Event, new: Event) -> Iterator[Change]:
    def change(code: Grade, what: str, before: Any, after: Any) -> Iterator[Change]:
        if before != after:
            yield Change(code, what, new.id, old=str(before), new=str(after), kpis=new.kpis, place=new.place)

    yield from change(BREAKING, "event-renamed", old.name, new.name)
    yield from change(HARMLESS, "owner", old.owner, new.owner)
    stricter = (old.enforcement, new.enforcement) in (("off", "quarantine"), ("stamp", "quarantine"))
    yield from change(BREAKING if stricter else HARMLESS, "enforcement", old.enforcement, new.enforcement)
    before = {each.column: each for each in old.properties}
    after = {each.column: each for each in new.properties}
    served = any(each.one_of for each in old.properties)
    for column in dict.fromkeys([*before, *after]):
        yield from _of_property(new, before.get(column), after.get(column), served=served)


def _of_property(event: Event, old: Property | None, new: Property | None, *, served: bool) -> Iterator[Change]:
    """What a property is otherwise.

    Args:
        served: whether the event had an identifier before of those any of which will do: further ones ask nothing new.
    """
    known = new or old
    assert known is not None, "a column of one of the two"
    hit = tuple(dict.fromkeys(kpi for each in (old, new) if each is not None for kpi in (*each.kpis, *each.helps)))
    binding = new is not None and new.needed and not (new.one_of and served and not new.required)

    def change(code: Grade, what: str, before: str = "", after: str = "", source: str = "") -> Change:
        return Change(code, what, event.id, known.column, source, before, after, hit, event.place)

    if old is None or new is None:
        if new is not None:
            yield change(BREAKING if binding else HARMLESS, "property-added", after=_asked(new))
        elif old is not None and not old.unplanned:
            yield change(BREAKING, "property-removed", before=_asked(old))
        elif old is not None:
            yield change(HARMLESS, "property-removed", before=_asked(old))
        return
    if _asked(old) != _asked(new):
        yield change(BREAKING if binding and not old.needed else HARMLESS, "asked", _asked(old), _asked(new))
    if old.name != new.name:
        yield change(BREAKING, "property-renamed", old.name, new.name)
    if (old.type, old.unit) != (new.type, new.unit):
        yield change(BREAKING, "type", f"{old.type} {old.unit}".strip(), f"{new.type} {new.unit}".strip())
    yield from _of_values(old, new, change)
    if old.privacy != new.privacy:
        yield change(BREAKING, "privacy", old.privacy or "not personal", new.privacy or "not personal")
    if dict(old.meaning) != dict(new.meaning):
        yield change(HARMLESS, "text", old.meaning.get("en", ""), new.meaning.get("en", ""))
    yield from _of_feeds(old.feeds, new.feeds, change)


def _of_values(old: Property, new: Property, change: Any) -> Iterator[Change]:
    """Allowed values and ranges: narrower ones break data that kept to the old ones."""
    before, after = set(old.values), set(new.values)
    gone = (before - after) if after else set()
    if gone or (after and not before):
        yield change(BREAKING, "values-removed", _values(old), _values(new))
    elif before != after:
        yield change(HARMLESS, "values-added", _values(old), _values(new))
    if (old.low, old.high) != (new.low, new.high):
        narrower = (new.low is not None and (old.low is None or new.low > old.low)) or (
            new.high is not None and (old.high is None or new.high < old.high)
        )
        yield change(BREAKING if narrower else HARMLESS, "range", _range(old), _range(new))


def _of_feeds(old: Sequence[Feed], new: Sequence[Feed], change: Any) -> Iterator[Change]:
    """Another filling is another meaning: the same column then holds something else."""
    before, after = ({feed.source: feed for feed in feeds} for feeds in (old, new))
    for source in dict.fromkeys([*before, *after]):
        then, now = before.get(source), after.get(source)
        if then is None and now is not None:
            yield change(HARMLESS, "filled", after=now.expression, source=source)
        elif now is None and then is not None:
            yield change(BREAKING, "no-longer-filled", then.expression, source=source)
        elif then is not None and now is not None and _plain(then.expression) != _plain(now.expression):
            yield change(MEANING, "filling", then.expression, now.expression, source)


def _plain(expression: str) -> str:
    """An expression as its tree writes it, so that spacing and case of words do not count."""
    import sqlglot

    try:
        return sqlglot.parse_one(f"select {expression}", dialect="duckdb").sql(comments=False)
    except sqlglot.ParseError:
        return " ".join(expression.split())


# sources, needs, KPIs


def _of_sources(old: Plan, new: Plan) -> Iterator[Change]:
    for name in dict.fromkeys([*old.sources, *new.sources]):
        before, after = old.sources.get(name), new.sources.get(name)
        if after is None and before is not None:
            yield Change(BREAKING, "source-removed", source=name, old=before.connector, kpis=_fed(old, name))
        elif before is None and after is not None:
            yield Change(HARMLESS, "source-added", source=name, new=after.connector, kpis=_fed(new, name))
        elif before is not None and after is not None:
            yield from _of_retrieval(name, before.retrieval, after.retrieval, new)


def _of_retrieval(name: str, old: Retrieval, new: Retrieval, plan: Plan) -> Iterator[Change]:
    """Data that come more seldom, or later, break who waits for them."""
    slower = (old.every is not None and (new.every is None or new.every > old.every)) or (
        old.lateness is not None and new.lateness is not None and new.lateness > old.lateness
    )
    for key in ("method", "every", "lateness", "owner", "backfill", "store", "retention"):
        before, after = getattr(old, key), getattr(new, key)
        if before != after:
            code = BREAKING if slower and key in ("every", "lateness") else HARMLESS
            yield Change(
                code,
                f"retrieval-{key}",
                source=name,
                old=_said(before),
                new=_said(after),
                kpis=_fed(plan, name) if code == BREAKING else (),
                place=plan.sources[name].place,
            )


def _of_needs(old: Plan, new: Plan) -> Iterator[Change]:
    before, after = ({need.id: need for need in plan.needs} for plan in (old, new))
    for name in dict.fromkeys([*before, *after]):
        then, now = before.get(name), after.get(name)
        if now is None and then is not None:
            yield Change(HARMLESS, "need-removed", old=name, kpis=then.kpis)
        elif then is None and now is not None:
            yield Change(HARMLESS, "need-added", new=name, kpis=now.kpis, place=now.place)
        elif then is not None and now is not None:
            said, says = _of_need(then), _of_need(now)
            kpis = tuple(sorted({*then.kpis} ^ {*now.kpis})) or now.kpis
            for part in (each for each in said if said[each] != says[each]):
                what, told = f"need-{part}", f"{name}: {said[part] or 'nothing'}"
                yield Change(HARMLESS, what, old=told, new=says[part], kpis=kpis, place=now.place)


def _of_kpis(old: Plan, new: Plan, meanings: Sequence[Difference]) -> Iterator[Change]:
    """KPIs of either plan that count otherwise, or are gone."""
    asked = {kpi.address: kpi for plan in (old, new) for kpi in plan.kpis}
    by_id: dict[str, list[str]] = {}
    for address in asked:
        by_id.setdefault(address.partition(":")[0], []).append(address)
    for each in meanings:
        hit = tuple(address for name in each.addresses for address in by_id.get(name, ()))
        if not hit or each.kind == "wording":
            continue
        changed = next((change for change in each.changes if change.meaning), None)
        before, after = (changed.old, changed.new) if changed is not None else ("", "")
        key = f"{changed.key}: " if changed is not None else ""
        what = {"meaning": "kpi-meaning", "faulty": "kpi-faulty", "removed": "kpi-removed"}.get(each.kind, "kpi-added")
        grades: dict[str, Grade] = {"meaning": MEANING, "added": HARMLESS}
        code = grades.get(each.kind, BREAKING)
        yield Change(code, what, old=key + before if before else "", new=key + after if after else "", kpis=hit)


def _fed(plan: Plan, source: str) -> tuple[str, ...]:
    """The KPIs that need a property the source gives."""
    found = [
        kpi
        for event in plan.events
        for each in event.properties
        for feed in each.feeds
        if feed.source == source
        for kpi in (*each.kpis, *each.helps)
    ]
    return tuple(dict.fromkeys(found))


def _asked(each: Property) -> str:
    if each.required:
        return "required"
    if each.kpis:
        return "one of those needed" if each.one_of else "needed"
    return "not needed" if each.unplanned else "optional"


def _values(each: Property) -> str:
    return ", ".join(each.values) or "any"


def _range(each: Property) -> str:
    low = f"from {each.low.normalize():f}" if each.low is not None else ""
    high = f"to {each.high.normalize():f}" if each.high is not None else ""
    return " ".join(part for part in (low, high) if part) or "any"


def _said(value: Any) -> str:
    return "" if value is None else str(value)


def _of_need(need: Need) -> dict[str, str]:
    """What a need says, part by part."""
    return {
        "kpis": ", ".join(need.kpis),
        "cuts": ", ".join(need.by),
        "channels": ", ".join(need.channels) or "all",
        "every": written(need.every) or "",
        "question": " / ".join(need.question.values()),
        "decision": " / ".join(need.decision.values()),
    }
