"""What is wrong with values and targets although they are well written: those that no row ever has, those of a KPI,
parameter or dimension that is not there, and targets that nothing can be judged by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from omnictl.errors import DefinitionError, Finding, did_you_mean
from omnictl.glossary.glossary import Glossary
from omnictl.glossary.house import no_such_parameter
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.leaves import leaves_of
from omnictl.glossary.local import AimedAt, Local, Override, unknown_parameter
from omnictl.glossary.meaning import Meaning, Meanings
from omnictl.glossary.parameters import CHANNEL, Parameter
from omnictl.glossary.targets import Target
from omnictl.places import excerpt_of

Lines = Mapping[str, list[str]]  # of each file, by its name


def check_values(meaning: Meaning, lines: Lines) -> Iterator[Finding]:
    """Faults of the values and targets that a KPI's own file gives."""
    for parameter in meaning.kpi.parameters.values():
        yield from _never_reached(meaning, parameter, lines)
    if meaning.kpi.target is not None:
        yield from _target(meaning, meaning.kpi.target, lines)


def check_words(glossary: Glossary, meanings: Meanings) -> Iterator[Finding]:
    """Faults of what the workspace says over a glossary. `meanings` are those of the glossary without it."""
    local = glossary.local
    yield from local.findings
    told = {(finding.code, finding.place) for finding in local.findings}
    for override in local.overrides:
        for finding in _override(glossary, override):
            if (finding.code, finding.place) not in told:
                yield finding
    for aimed in local.targets:
        yield from _aimed(glossary, aimed, meanings)


def _override(glossary: Glossary, override: Override) -> Iterator[Finding]:
    """What is wrong with one override in any KPI it reaches; one that reaches none."""
    name = override.parameter.name
    meanings, lines = Meanings(glossary.under(Local((override,)))), glossary.lines()
    addresses = list(_addresses(glossary, override))
    owners = []
    for address in addresses:
        try:
            kpi = glossary.plain.resolve(address)
        except DefinitionError as error:
            for finding in error.findings:
                if finding.place is None:  # else the KPI is there, and wrong: told where it stands
                    yield replace(finding, place=override.owner, excerpt=override.excerpt)
            continue
        if name in kpi.parameters:
            owners.append(address)
        elif override.kpi and kpi.variant == override.variant:
            yield unknown_parameter(override, kpi)
    if not owners and not override.kpi:
        yield no_such_parameter(glossary, override)
    for address in owners:
        try:
            meaning = meanings.of(address)
        except DefinitionError as error:
            for finding in error.findings:
                if finding.place is not None and finding.place.file == override.place.file:
                    yield replace(finding, excerpt=excerpt_of(lines.get(finding.place.file, []), finding.place))
            continue
        found = meaning.kpi.parameters[name]
        if found.origin:
            yield from _never_reached(meaning, found, lines)


def _addresses(glossary: Glossary, override: Override) -> Iterator[str]:
    """The KPIs and variants that an override may reach."""
    for name in [override.kpi] if override.kpi else glossary.names:
        if override.variant:
            yield f"{name}@{override.variant}"
            continue
        yield name
        try:
            yield from (f"{name}@{variant}" for variant in glossary.plain.resolve(name).variants)
        except DefinitionError:
            continue


def _aimed(glossary: Glossary, aimed: AimedAt, meanings: Meanings) -> Iterator[Finding]:
    address = aimed.address
    name = f"{address.id}@{address.variant}" if address.variant else address.id
    full = ":".join([name, *(f"{key}={text}" for key, text in address.parameters)])
    try:
        meaning = meanings.of(full)
    except DefinitionError as error:
        for finding in error.findings:
            if finding.place is None:
                yield replace(finding, place=aimed.place, excerpt=aimed.excerpt)
        return
    yield from _target(meaning, aimed.target, glossary.lines())


def _never_reached(meaning: Meaning, parameter: Parameter, lines: Lines) -> Iterator[Finding]:
    """Values of channels that the KPI is not about."""
    channels = meaning.channels
    for cut in parameter.cuts if channels is not None else ():
        if cut.dimension.casefold() == CHANNEL and cut.key not in (channels or ()):
            message = f"`{meaning.kpi.id}` is not about {cut.key}: this value of `{parameter.name}` is never taken"
            excerpt = excerpt_of(lines.get(cut.place.file, []), cut.place)
            hint = "remove it, or add the channel to `channels`"
            yield Finding("value-never-reached", message, cut.place, hint, "warning", excerpt)


def _target(meaning: Meaning, target: Target, lines: Lines) -> Iterator[Finding]:
    """Dimensions that the KPI's rows do not have; values of which nothing says what is better than them."""
    leaves = leaves_of(meaning)
    for aim in target.aims:
        excerpt = excerpt_of(lines.get(aim.place.file, []), aim.place)
        for dimension, value in aim.where:
            lacking = [leaf.branch.reach for leaf in leaves if not leaf.over and not leaf.branch.reach.find(dimension)]
            if lacking:
                message = f"`{meaning.kpi.id}` cannot be cut by `{dimension}`: nothing is ever aimed at {value}"
                hint = did_you_mean(dimension, lacking[0].names())
                yield Finding("unknown-dimension", message, aim.place, hint, excerpt=excerpt)
        if not _directed(meaning.kpi) and not all(goal.band for _, goal in aim.goals):
            message = f"`better` of `{meaning.kpi.id}` does not say on which side of its target a figure should lie"
            hint = "better: higher, or lower; or a target with two bounds, [lowest, highest]"
            yield Finding("target-without-direction", message, aim.place, hint, "warning", excerpt)


def _directed(kpi: Kpi) -> bool:
    return kpi.better in ("higher", "lower")
