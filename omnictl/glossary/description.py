"""A KPI told to people: its names, the question it answers, and per channel what is counted and what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from omnictl.glossary.kpi import DEFAULT, ByChannel, Kpi, Texts

EVERY_CHANNEL = ""  # stands for all channels, or for all that are not named


@dataclass(frozen=True)
class OnChannel:
    """What a KPI counts on one channel.

    Attributes:
        channel: `EVERY_CHANNEL` for all, or all others.
        wording: what this world calls it, '' when it has no name of its own.
        expressions: key (value, numerator, from, where, at …): SQL on one line.
    """

    channel: str
    wording: str
    expressions: Mapping[str, str]


@dataclass(frozen=True)
class VariantNote:
    """One variant: the address it is asked for by, and how it differs."""

    address: str
    note: str


@dataclass(frozen=True)
class Description:
    """All that a person wants to know of a KPI, in one language.

    Attributes:
        glossary: the one it comes from: `standard`, or a folder's name.
        better: `higher`, `lower`, `neutral`, or a band such as `0.8 to 0.9`.
        target: as text, '' when there is none.
        channels: one entry per way of counting.
        parameters: name: value as it was written.
    """

    kpi: str
    label: str
    question: str
    definition: str
    note: str
    synonyms: tuple[str, ...]
    glossary: str
    file: str
    owner: str
    unit: str
    rollup: str
    better: str
    target: str
    channels: tuple[OnChannel, ...]
    parameters: Mapping[str, str]
    variants: tuple[VariantNote, ...]
    sources: tuple[str, ...]


def describe(kpi: Kpi, lang: str) -> Description:
    """Tell a KPI in a language; texts it lacks are given in English, else in any."""
    return Description(
        kpi=kpi.address,
        label=kpi.labelled(lang),
        question=_in(kpi.question, lang),
        definition=_in(kpi.definition, lang),
        note=_in(kpi.note, lang),
        synonyms=kpi.synonyms.get(lang, ()),
        glossary=kpi.layer,
        file=kpi.place.file,
        owner=kpi.owner,
        unit=kpi.unit,
        rollup=kpi.rollup,
        better=_better(kpi),
        target=_target(kpi),
        channels=tuple(_on_channels(kpi, lang)),
        parameters={parameter.name: parameter.text for parameter in kpi.parameters.values()},
        variants=tuple(VariantNote(f"{kpi.id}@{name}", _in(note, lang)) for name, note in kpi.variants.items()),
        sources=kpi.sources,
    )


def expressions_of(kpi: Kpi) -> dict[str, ByChannel]:
    """The expressions of a KPI by key, in the order they are read; keys without any are left out."""
    given: dict[str, ByChannel] = {**kpi.parts}
    if kpi.formula is not None:
        given["formula"] = {DEFAULT: kpi.formula}
    given |= {"from": kpi.relation, "where": kpi.where, "at": kpi.at}
    return {key: by_channel for key, by_channel in given.items() if by_channel}


def one_line(text: str) -> str:
    return " ".join(text.split())


def _in(texts: Texts, lang: str) -> str:
    found = texts.get(lang) or texts.get("en") or next(iter(texts.values()), "")
    return one_line(found)


def _better(kpi: Kpi) -> str:
    if isinstance(kpi.better, str):
        return kpi.better
    low, high = kpi.better
    if low is None or high is None:
        return f"at least {low}" if high is None else f"at most {high}"
    return f"{low} to {high}"


def _target(kpi: Kpi) -> str:
    if kpi.target is None:
        return ""
    told = [str(kpi.target.value)] if kpi.target.value is not None else []
    for dimension, values in kpi.target.by.items():
        told += [f"{dimension} {name}: {value}" for name, value in values.items()]
    return ", ".join(told)


def _on_channels(kpi: Kpi, lang: str) -> list[OnChannel]:
    """One entry per channel that is counted or called in its own way, then one for the others."""
    given = expressions_of(kpi)
    named = [channel for by_channel in given.values() for channel in by_channel if channel != DEFAULT]
    own = dict.fromkeys([*(kpi.channels or ()), *named, *kpi.wording])
    found = [
        OnChannel(channel, _in(kpi.wording.get(channel, {}), lang), _expressions(given, channel))
        for channel in own
        if kpi.channels is None or channel in kpi.channels
    ]
    if kpi.channels is None and all(DEFAULT in by_channel for by_channel in given.values()):
        found.append(OnChannel(EVERY_CHANNEL, "", _expressions(given, DEFAULT)))
    return found


def _expressions(given: Mapping[str, ByChannel], channel: str) -> dict[str, str]:
    chosen = {key: by_channel.get(channel) or by_channel.get(DEFAULT) for key, by_channel in given.items()}
    return {key: one_line(written.text) for key, written in chosen.items() if written is not None}
