"""What counts the same under two names: two KPIs, or a KPI and a variant of its own. By tree, not by text."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from omnictl.errors import Finding
from omnictl.glossary.canonical import counted
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.layers import STANDARD
from omnictl.glossary.meaning import Meaning
from omnictl.review.whole import Whole

Told = tuple[tuple[str, str], ...]


def check_sameness(whole: Whole) -> Iterator[Finding]:
    """KPIs that count the same as another, and variants that change nothing."""
    known: dict[str, Told] = {}
    groups: dict[Told, list[Kpi]] = {}
    for kpi in whole.kpis.values():
        for variant, meaning in whole.of(kpi):
            told = _told(whole, meaning, known)
            if not variant:
                groups.setdefault(told, []).append(kpi)
            elif known.get(kpi.id) == told and _read_alike(kpi, meaning.kpi):
                message = f"the variant `{variant}` of `{kpi.id}` changes nothing"
                hint = "remove it, or let it say what it counts otherwise"
                yield whole.finding("variant-changes-nothing", message, kpi, f"variants.{variant}", hint)
    for alike in groups.values():
        own = [kpi for kpi in alike if kpi.layer != STANDARD] or alike[1:]
        for kpi in own if len(alike) > 1 else ():
            other = next(each for each in alike if each is not kpi)
            message = f"`{kpi.id}` counts the same as `{other.id}`"
            hint = f"keep one, and make the other's name a synonym of it; `{other.id}` is written at {other.place}"
            yield whole.finding("meaning-twice", message, kpi, "kpi", hint)


def _read_alike(kpi: Kpi, variant: Kpi) -> bool:
    """Whether a variant is also read as the KPI is: the same unit, direction, target and name."""
    return (kpi.unit, kpi.better, kpi.target, kpi.label) == (
        variant.unit,
        variant.better,
        variant.target,
        variant.label,
    )


def _told(whole: Whole, meaning: Meaning, known: dict[str, Told]) -> Told:
    """What a KPI counts, for comparing; one that is no more than another KPI counts as that one."""
    address = meaning.kpi.address
    if address not in known:
        alias = list(meaning.kpis.values())
        part = next(iter(meaning.composed.values()), None)
        if (
            meaning.kpi.rollup == "sum"
            and len(alias) == 1
            and part is not None
            and isinstance(part.tree, exp.Placeholder)
        ):
            known[address] = _told(whole, alias[0], known)
        else:
            told = counted(meaning)
            known[address] = tuple(sorted((key, text) for key, text in told.items() if key != "unit"))
    return known[address]
