"""What is wrong with when the data came: loads that are late or failed, days that are missing, windows still open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from omnictl.compiler.catalog import MOMENT, Catalog
from omnictl.relations import RELATIONS
from omnictl.relations.families import FAMILIES
from omnictl.tracking.coverage.held import PERSON, Edge
from omnictl.tracking.coverage.verdict import Reason
from omnictl.tracking.rhythm import DAY, expected_spans, so_far, telling, unexpected_days
from omnictl.zone import Zone, zone_of

if TYPE_CHECKING:
    from omnictl.glossary.leaves import Leaf
    from omnictl.glossary.window import Window
    from omnictl.tracking.coverage.judging import Judging
    from omnictl.tracking.coverage.spots import Ground


def timing(judging: Judging, channel: str) -> Iterator[Reason]:
    """What is late, missing or too recent of what a line is about."""
    ground = judging.ground
    if ground.held is None:
        return
    for relation, source, completing in _sources(judging, channel):
        late = _late(ground, relation, source, channel)
        if late is not None:
            yield late
        gap = None if completing else _gap(ground, relation, source)
        if gap is not None:
            yield gap
    yield from _immature(judging, channel)


def _sources(judging: Judging, channel: str) -> list[tuple[str, str, bool]]:
    """Relation, source, whether it completes another: those whose rows the line is about, and those that give them a
    column that is wanted."""
    ground = judging.ground
    found: dict[tuple[str, str, bool], None] = {}
    for number, leaf in enumerate(judging.leaves):
        rows = judging.readings[number].rows
        if RELATIONS[rows.relation].written_by != "connector":
            rows = judging.readings[number].scope()
        own = channel if "channel" not in leaf.over else ""
        columns = {want.column for want in judging.wants[number] if want.relation == rows.relation}
        for spot in judging.spots(rows.relation, own):
            assert ground.held is not None
            having = {name for name, cell in ground.held.at(rows.relation, spot, rows.kinds) if cell.rows}
            found |= {(rows.relation, name, False): None for name in having}
            for event in ground.events(rows.relation, spot, rows.kinds):
                fed = {feed.source for each in event.properties if each.column in columns for feed in each.feeds}
                found |= {(rows.relation, name, True): None for name in fed - having}
    return sorted(found)


def _late(ground: Ground, relation: str, source: str, channel: str) -> Reason | None:
    assert ground.held is not None
    standing = ground.held.standings.get(source)
    if standing is None or standing.state not in ("late", "failed", "missing"):
        return None
    rows = sum(cell.rows for name, cell in ground.held.at(relation, channel or None) if name == source)
    planned = ground.plan.sources.get(source)
    if not rows and (planned is None or not planned.completes):  # nothing was ever received: that is told by itself
        return None
    received = standing.figures.get("received_at")
    message = str(standing.figures.get("message") or "").removeprefix("error: ").split("\n")[0]
    words = {
        "since": f"{received:%Y-%m-%d}" if isinstance(received, datetime) else "",
        "message": message,
    }
    return Reason(
        "C08", "degraded", "late" if standing.state == "late" else "failed", relation, "", source, rows=rows or None,
        owner=ground.owner([source]), fix="send_again", place=ground.place(source), words=words,
    )  # fmt: skip


def _gap(ground: Ground, relation: str, source: str) -> Reason | None:
    """Days on which rows of a source were expected, and none came."""
    assert ground.held is not None
    retrieval = ground.plan.sources[source].retrieval if source in ground.plan.sources else None
    if retrieval is None or retrieval.every is None or ground.plan.sources[source].completes:
        return None
    standing = ground.held.standings.get(source)
    figures = standing.figures if standing is not None else {}
    rows: dict[date, int] = {}
    for (name, fed), days in ground.held.days.items():
        for day, count in days.items() if fed == source else ():
            rows[day] = rows.get(day, 0) + telling(name, count)
    known = so_far(rows, figures.get("received_at"), zone_of(ground.workspace.timezone), ground.file.drift)
    if not known:
        return None
    files = int(figures.get("files") or 0)
    unexpected = unexpected_days(ground.workspace, known, max(known), files)
    expected, missing = expected_spans(known, retrieval.every, unexpected, files)
    if not missing:
        return None
    words = {"missing": str(len(missing)), "expected": str(expected), "first": f"{missing[0]}"}
    return Reason(
        "C09", "degraded", "", relation, "", source, owner=ground.owner([source]), fix="fetch_again",
        place=ground.place(source), words=words,
    )  # fmt: skip


# windows


def _immature(judging: Judging, channel: str) -> Iterator[Reason]:
    """Rows of known people whose window does not lie inside the data yet, or lies before it."""
    held, ground = judging.ground.held, judging.ground
    assert held is not None
    zone = zone_of(ground.workspace.timezone)
    for leaf in judging.leaves:
        for window, edge in edges([leaf], held.catalog, zone, held.firsts):
            spots = [each for each in judging.spots("interactions", channel) if each and leaf_is_about(leaf, each)]
            rows = sum(held.filled("interactions", each, (), PERSON) for each in spots)
            out = sum(held.outside.get((each, edge), 0) for each in spots)
            if not rows or Decimal(out) / rows <= ground.nulls:
                continue
            day = zone.to_local(edge.at).date() if edge.back else _mature_from(window, held.catalog, zone)
            yield Reason(
                "C11", "not_computable" if out >= rows else "degraded", "back" if edge.back else "", "interactions",
                "", rows=out, of=rows, owner=judging.kpi.owner, fix="wait_back" if edge.back else "wait", day=day,
                words={"window": window.text, "day": f"{day}"},
            )  # fmt: skip


def leaf_is_about(leaf: Leaf, channel: str) -> bool:
    """Whether a leaf's branch speaks of a channel."""
    branch = leaf.branch
    return channel in branch.channels if branch.channels is not None else channel not in branch.others


def edges(
    leaves: Iterable[Leaf], catalog: Catalog, zone: Zone, firsts: Mapping[str, datetime]
) -> Iterator[tuple[Window, Edge]]:
    """The windows of some rows, each with the edge of the data behind which they are not observed whole."""
    for leaf in leaves:
        window, watch = leaf.meaning.kpi.window, leaf.branch.watch
        for name in watch.families if watch is not None and window is not None else ():
            family = FAMILIES[name]
            at = catalog.observed_since(family, firsts) if family.back else catalog.observed_until(family)
            if at is not None and window is not None:
                yield window, _edge(window, at, zone, back=family.back)


def _edge(window: Window, at: datetime, zone: Zone, *, back: bool) -> Edge:
    """The last end that is not too late, or the first start that is not too early. A day counts whole."""
    if window.seconds is not None:
        length = timedelta(seconds=float(window.seconds))
        return Edge(at + length if back else at - length, back)
    days = timedelta(days=window.days or 0)
    day = zone.to_local(at).date() + (days + DAY if back else -days)
    midnight = zone.to_utc(datetime.combine(day, time()))
    return Edge(midnight if back else midnight - MOMENT, back)


def _mature_from(window: Window, catalog: Catalog, zone: Zone) -> date:
    """The local day from which all that is stored is mature, were the sources complete up to it."""
    bounds = catalog.bounds("interactions", ("started_at", "ended_at"))
    last = zone.to_local(bounds[1]) if bounds is not None else datetime.min
    if window.seconds is not None:
        return (last + timedelta(seconds=float(window.seconds))).date()
    return last.date() + timedelta(days=1 + (window.days or 0))
