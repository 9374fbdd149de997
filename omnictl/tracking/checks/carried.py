"""Which identifiers contacts and surveys carry, by source, channel and kind.

Identifiers do not say the channel of their contact, and to ask each one for it costs more than all else. It is asked
only where a KPI wants the kind: in a sample first, then among all identifiers for what the sample does not show; how
many contacts have one is counted only of kinds that a KPI cannot do without. Else a kind that a source has is taken to
be on all its channels.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from omnictl.engines.connection import one_of
from omnictl.tracking.checks.scans import Group, GroupKey, Groups, Scan
from omnictl.tracking.plan import IDENTIFIER, Event

ANY_QUESTION = "*"  # the kind of a survey's identifiers: they are of all its questions
SAMPLE = 20_000  # identifiers, by a hash of whose they are: the same ones each time


class _Carried(NamedTuple):
    source: str
    channel: str
    kind: str


def carried(scan: Scan, events: Iterable[Event]) -> Groups:
    """The rows that have an identifier, as `Group.filled`; 1 of kinds that are there and not counted."""
    events = list(events)
    found: Groups = {}
    totals = scan.connection.execute(
        "select source, owner, kind, count(*) from identifiers group by all order by all"
    ).fetchall()
    kinds: set[tuple[str, str]] = set()
    for source, owner, kind, count in totals:
        if owner == "interaction":
            kinds.add((source, kind))
        else:
            _note(found, GroupKey(source, None, ANY_QUESTION), kind, count)
    exact = {each.identifier for event in events for each in event.properties if each.needed and not each.one_of}
    wanted = _wanted(scan, events, kinds)
    counted = [each for each in wanted if each.kind in exact or scan.since is not None]
    _keep(found, _counts(scan, counted))
    others = [each for each in wanted if each not in set(counted)]
    sought = {
        (event.channel or "", each.identifier)
        for event in events
        for each in event.properties
        if each.identifier and (each.kpis or each.helps)
    }
    _keep(found, dict.fromkeys(_there(scan, others, sought, sum(row[-1] for row in totals)), 1))
    return found


def _wanted(scan: Scan, events: Sequence[Event], kinds: Collection[tuple[str, str]]) -> list[_Carried]:
    """The sources, channels and kinds that the plan asks about, as far as the source has the kind at all."""
    asked = {
        (event.channel, each.identifier)
        for event in events
        for each in event.properties
        if each.identifier and event.relation == "interactions"
    }
    return [
        _Carried(source, channel, kind)
        for source, kind in sorted(kinds)
        for channel in scan.channels.get(source, ())
        if (channel, kind) in asked
    ]


def _there(scan: Scan, wanted: Sequence[_Carried], sought: Collection[tuple[str, str]], total: int) -> set[_Carried]:
    """Those of which there is an identifier.

    Args:
        sought: the channels and kinds that KPIs want.
    """
    alone = {each for each in wanted if len(scan.channels[each.source]) == 1 or each[1:] not in sought}
    asked = [each for each in wanted if each not in alone]
    if not asked:
        return alone
    every = max(1, total // SAMPLE)
    found = set(_counts(scan, asked, f" and hash(owner_id) % {every} = 0")) if every > 1 else set()
    return alone | found | set(_counts(scan, [each for each in asked if each not in found]))


def _counts(scan: Scan, wanted: Sequence[_Carried], sample: str = "") -> dict[_Carried, int]:
    """The contacts that have an identifier, of those that are wanted."""
    if not wanted:
        return {}
    since = f" and {scan.later('i.started_at')}" if scan.since is not None else ""
    rows = scan.connection.execute(
        f"""
        select t.source, i.channel, t.kind, count(distinct t.owner_id)
        from (
            select source, owner_id, kind from identifiers
            where owner = 'interaction' and {one_of("kind", sorted({each.kind for each in wanted}))}{sample}
        ) t
        join (
            select source, interaction_id, channel, started_at from interactions
            where {one_of("channel", sorted({each.channel for each in wanted}))}
        ) i on i.source = t.source and i.interaction_id = t.owner_id{since}
        group by all order by all
        """
    ).fetchall()
    found = {_Carried(source, channel, kind): count for source, channel, kind, count in rows}
    return {each: found[each] for each in wanted if each in found}


def _keep(found: Groups, counts: dict[_Carried, int]) -> None:
    for each, count in counts.items():
        _note(found, GroupKey(each.source, each.channel, ""), each.kind, count)


def _note(found: Groups, key: GroupKey, kind: str, count: int) -> None:
    found.setdefault(key, Group()).filled[f"{IDENTIFIER}{kind}"] = count
