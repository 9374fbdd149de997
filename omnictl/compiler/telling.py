"""What travels with a figure: what it counts, in one line and as data, and what must be said beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from omnictl.compiler.catalog import People
from omnictl.glossary.kpi import DEFAULT, Kpi
from omnictl.glossary.scope import LINKED
from omnictl.glossary.window import Window
from omnictl.relations.families import FAMILIES
from omnictl.zone import Zone

if TYPE_CHECKING:
    from omnictl.compiler.question import Question
    from omnictl.compiler.states import States
    from omnictl.glossary.meaning import Meaning


PEOPLE = {
    People.UNLINKED: "people are not linked yet: `omnictl link`, then `omnictl build`",
    People.STALE: "people are not linked in all that is stored: `omnictl link`, then `omnictl build`",
    People.NONE: "no interaction has an identifier that tells its person",
}


AT_ONE = {
    name: f"by {name} a contact counts once, at the {name} that answered first, else the last; each {part} is a row of"
    " `segments`"
    for name, part in (("queue", "stay in a queue"), ("agent", "agent's part"))
}


def definition_of(kpi: Kpi) -> str:
    """What a KPI counts, in one line: `numerator: …; denominator: …; where: …; short_abandon = 5 s`."""
    found = []
    for key, by_channel in kpi.expressions().items():
        for channel, written in by_channel.items():
            name = key if channel == DEFAULT and len(by_channel) == 1 else f"{key} ({channel})"
            found.append(f"{name}: {_one_line(written.text)}")
    for name, dimensions in (("by", kpi.by), ("denominator over", kpi.denominator_over)):
        if dimensions:
            found.append(f"{name}: {', '.join(written.text for written in dimensions)}")
    if kpi.window is not None:
        found.append(f"window: {kpi.window.text}")
    if kpi.over_time is not None:
        found.append(f"over time: {kpi.over_time}")
    if kpi.channels is not None:
        found.append(f"channels: {', '.join(kpi.channels)}")
    found += [f"{parameter.name} = {parameter.told}" for parameter in kpi.parameters.values()]
    return "; ".join(found)


def details_of(meaning: Meaning, lang: str) -> dict[str, Any]:
    """The definition of a KPI as data, for the metadata of an export."""
    kpi = meaning.kpi
    origins = {each.name: each.origin for each in kpi.parameters.values() if each.origin}
    targets = {aim.cut or "all": aim.told for aim in kpi.target.aims} if kpi.target is not None else {}
    return {
        "kpi": kpi.address,
        "label": kpi.labelled(lang),
        "unit": kpi.unit,
        "rollup": kpi.rollup,
        "glossary": kpi.layer,
        "digest": kpi.digest,
        "channels": list(meaning.channels) if meaning.channels is not None else None,
        "parameters": {parameter.name: parameter.data for parameter in kpi.parameters.values()},
        "expressions": {
            key: {channel: _one_line(written.text) for channel, written in by_channel.items()}
            for key, by_channel in kpi.expressions().items()
        },
        "made_of": list(meaning.kpis),
        **({"set_by": origins} if origins else {}),
        **({"target": targets} if targets else {}),
        **({"target_set_by": kpi.target.origin} if kpi.target is not None and kpi.target.origin else {}),
        **({"window": kpi.window.text} if kpi.window is not None else {}),
        **({"over_time": kpi.over_time} if kpi.over_time is not None else {}),
        **({"by": list(meaning.by)} if meaning.by else {}),
        **({"denominator_over": [written.text for written in kpi.denominator_over]} if kpi.denominator_over else {}),
    }


def values_of(kpis: Iterable[Kpi]) -> Iterator[str]:
    """Which values of parameters produced the figures, where they change, differ by cut, or were set by others."""
    for kpi in kpis:
        for parameter in kpi.parameters.values():
            if parameter.varies or parameter.origin:
                yield f"{kpi.address}: {parameter.name} = {parameter.told}"


def notes_of(states: States, zone: Zone, question: Question) -> list[str]:
    """What must be said beside the figures of a KPI: the channels it holds, what nothing fills, what it waits for."""
    found = []
    kpi = states.answerable.meaning.kpi
    channels = dict.fromkeys(each for leaf, _ in states.leaves for each in leaf.meaning.channels or ())
    if channels and "channel" not in question.by:
        found.append(f"{kpi.address} is about {', '.join(channels)}")
    found += _spread(states, question)
    if any(leaf.branch.reach.relation.name == "interactions" for leaf, _ in states.leaves):
        asked = {name.casefold() for name in question.by}
        found += [words for name, words in AT_ONE.items() if name in asked]
    unfilled: dict[str, list[str]] = {}
    for column, where in states.unfilled().items():
        unfilled.setdefault(", ".join(where), []).append(column)
    for on, columns in unfilled.items():
        found.append(
            f"{kpi.address}: no source fills {', '.join(columns)} on {on}; what the definition says for NULL is taken"
        )
    found += _matured(states, zone)
    if any(LINKED in leaf.branch.needs or leaf.branch.reach.relation.name == "needs" for leaf, _ in states.leaves):
        found += [f"{kpi.address}: {words}" for people, words in PEOPLE.items() if states.catalog.people is people]
    lacking = sorted(channel for channel in states.unmeasured()[1] if channel is not None)
    if lacking:
        found.append(f"{kpi.address} is not measured on {', '.join(lacking)}: no source fills what it needs there")
    if states.untold():
        found.append(f"{kpi.address} is not measured: no source tells when conversations were answered and ended")
    for source, until in sorted({(each.source, each.until) for each, _ in states.waited_for()}):
        found.append(
            f"source `{source}` is complete up to {zone.to_local(until):%Y-%m-%d %H:%M}: later figures are partial"
        )
    return found


def _spread(states: States, question: Question) -> list[str]:
    """Where a denominator is not split like its numerator, or is not reached by the asker's condition."""
    found = []
    over = frozenset[str]().union(*(leaf.over for leaf, _ in states.leaves))
    address = states.answerable.meaning.kpi.address
    cut = [name for name in question.by if name.casefold() in over]
    if cut:
        found.append(f"{address}: the denominator is not split by {' and '.join(cut)}")
    named = sorted(over & states.reads.named_in_where())
    if named:
        told = " and ".join(named)
        found.append(f"{address}: the condition on {told} reaches the numerator only")
    return found


def _matured(states: States, zone: Zone) -> Iterator[str]:
    """The last local day whose whole window is observed, of the KPI and of those it is made of."""
    told: dict[tuple[str, Window], tuple[datetime, list[str]]] = {}
    for leaf, _ in states.leaves:
        kpi, watch = leaf.meaning.kpi, leaf.branch.watch
        for name in watch.families if watch is not None and kpi.window is not None else ():
            until = states.catalog.observed_until(FAMILIES[name]) if not FAMILIES[name].back else None
            if until is not None and kpi.window is not None:
                key = (kpi.address, kpi.window)
                ends = (until, states.catalog.first_to_end(FAMILIES[name]))
                told[key] = min(ends, told.get(key, ends))
    for (address, window), (until, first) in told.items():
        why = f"; the first to end: {', '.join(first)}" if first else ""
        if window.seconds is not None:
            last = zone.to_local(until - timedelta(seconds=float(window.seconds)))
            yield f"{address}: {window.text} are observed of what ended up to {last:%Y-%m-%d %H:%M}{why}"
        else:
            day = zone.to_local(until).date() - timedelta(days=1 + (window.days or 0))
            yield f"{address}: {window.text} is observed of what ended up to {day:%Y-%m-%d}, that day included{why}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
