"""The meaning of a KPI as texts that can be compared: by key, each expression as its normal text.

What decides a figure stands here: relation, rows, time, parts, formula, parameters, window, channels, roll-up, and the
KPIs it is made of. What people read does not: label, question, definition, wording, owner, target. So a comment, a new
order of keys or another label leaves the meaning as it is, and `kpi lock` and `kpi diff` speak of the same changes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from omnictl.glossary.expressions import parse_expression
from omnictl.glossary.kpi import DEFAULT, ByChannel
from omnictl.glossary.meaning import Meaning
from omnictl.glossary.normal import normal, number_text
from omnictl.glossary.reach import reach_of
from omnictl.glossary.window import Window
from omnictl.relations import RELATIONS

MADE_OF = "made of"  # the key under which a KPI it is made of stands, with that one's hash
PARAMETERS = "parameters"
HASH_DIGITS = 16

_NAMED = re.compile(r":([a-z][a-z0-9_]*)")


def canonical(meaning: Meaning) -> Mapping[str, str]:
    """What a KPI, or a variant of it, counts.

    Returns:
        Key path → text, in the order of reading; the same for any two KPIs that count the same. Paths are the keys of
        the definition: `rollup`, `where`, `numerator`; `numerator phone` of one channel; `parts promoters`;
        `parameters promise`; `made of calls_offered` (the hash of that KPI's meaning).
    """
    return dict(_told(meaning))


def meaning_hash(meaning: Meaning) -> str:
    """16 hexadecimal digits that change when, and only when, what `canonical` tells does."""
    return hash_of(canonical(meaning))


def hash_of(told: Mapping[str, str]) -> str:
    """The hash of what `canonical` told."""
    lines = "\n".join(f"{key}: {text}" for key, text in sorted(told.items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:HASH_DIGITS]


def counted(meaning: Meaning) -> Mapping[str, str]:
    """What `canonical` tells, with the values of parameters in the place of their names: two KPIs that count the same
    tell the same, whatever their parameters are called and whichever they leave unused."""
    told = canonical(meaning)
    values = {name: each.normal for name, each in meaning.kpi.parameters.items()}
    return {
        key: _NAMED.sub(lambda found: f"<{values.get(found[1], found[1])}>", text)
        for key, text in told.items()
        if not key.startswith(f"{PARAMETERS} ")
    }


def _told(meaning: Meaning) -> Iterator[tuple[str, str]]:
    kpi = meaning.kpi
    yield "unit", kpi.unit
    yield "rollup", kpi.rollup
    if kpi.over_time is not None:
        yield "over_time", kpi.over_time
    if kpi.window is not None:
        yield "window", _window(kpi.window)
    yield from _by_channel("from", kpi.relation, sql=False)
    if not kpi.since:
        yield from _by_channel("at", kpi.at) if kpi.at else _usual_times(kpi.relation)
    yield from _by_channel("open since", kpi.since)
    yield from _by_channel("open until", kpi.until)
    yield from _by_channel("where", kpi.where)
    if meaning.branches:
        yield "channels", ", ".join(sorted(meaning.channels)) if meaning.channels is not None else "all"
    of_an_index = kpi.formula is not None
    for name, by_channel in kpi.parts.items():
        yield from _by_channel(f"parts {name}" if of_an_index else name, by_channel)
    if kpi.formula is not None:
        yield "formula", normal_text(kpi.formula.text)
    for name, parameter in kpi.parameters.items():
        yield f"{PARAMETERS} {name}", parameter.normal
    for key, dimensions in (("by", kpi.by), ("denominator_over", kpi.denominator_over)):
        if dimensions:
            yield key, ", ".join(written.text.strip().casefold() for written in dimensions)
    for address, other in sorted(meaning.kpis.items()):
        yield f"{MADE_OF} {address}", meaning_hash(other)


def _by_channel(key: str, by_channel: ByChannel, *, sql: bool = True) -> Iterator[tuple[str, str]]:
    """An expression of all channels, and those of the channels that differ from it."""
    texts = {channel: normal_text(each.text) if sql else each.text.strip() for channel, each in by_channel.items()}
    usual = texts.pop(DEFAULT, None)
    if usual is not None:
        yield key, usual
    for channel, text in sorted(texts.items()):
        if text != usual:
            yield f"{key} {channel}", text


def _usual_times(relation: ByChannel) -> Iterator[tuple[str, str]]:
    """The times that decide the period where the KPI says none."""
    for channel, written in relation.items():
        times = reach_of(written.text).times if written.text in RELATIONS else ()
        if times:
            yield ("at" if channel == DEFAULT else f"at {channel}"), times[0]


def _window(window: Window) -> str:
    return f"J+{window.days}" if window.days is not None else f"{number_text(window.seconds or 0)} s"


@lru_cache(maxsize=4096)
def normal_text(text: str) -> str:
    """The normal text of an expression as it is written; of what is none, the text itself."""
    tree = parse_expression(text, [])
    return normal(tree) if tree is not None else " ".join(text.split())
