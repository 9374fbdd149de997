"""What a workspace says over the KPIs of its glossary: other values of parameters, and targets.

A parameter is set by its name for every KPI that has it, for one KPI, or for one variant; the narrower wins, and what
is set on the command line wins over the workspace. What is set takes the place of the whole parameter, with its
changes and cuts. A variant that gives a parameter a value of its own keeps it unless the workspace names the variant:
the value is what the variant is about. The command line sets it all the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from omnictl.errors import DefinitionError, Finding, Place, did_you_mean
from omnictl.glossary.address import Address, parse_address
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.parameters import Parameter, in_place_of, number, parameter, seconds
from omnictl.glossary.targets import Target

ASKED = "--set"


@dataclass(frozen=True)
class Override:
    """A parameter with another value.

    Attributes:
        kpi, variant: of which; '' for every KPI that has it, and for a KPI with all its variants.
        parameter: what holds instead; its `origin` says who set it.
        place: where the parameter is named.
        excerpt: the line it is written in.
        owner: where the KPI is named; None when it is not.
    """

    kpi: str
    variant: str
    parameter: Parameter
    place: Place
    excerpt: str = ""
    owner: Place | None = None

    @property
    def asked(self) -> bool:
        """Whether it was set on the command line."""
        return self.parameter.origin == ASKED

    @property
    def narrow(self) -> tuple[bool, bool, bool]:
        """How close it is to a KPI: what sorts last wins."""
        return self.asked, bool(self.kpi), bool(self.variant)

    def reaches(self, kpi: Kpi, own: Collection[str]) -> bool:
        """Whether it sets a parameter of a KPI; `own` are those that the KPI's variant gives itself."""
        if self.kpi not in ("", kpi.id) or self.variant not in ("", kpi.variant):
            return False
        return self.asked or bool(self.variant) or self.parameter.name not in own


@dataclass(frozen=True)
class AimedAt:
    """The target of an address. Its parameters, if it names some, are those that the KPI must have for it."""

    address: Address
    target: Target
    place: Place
    excerpt: str = ""

    def fits(self, kpi: Kpi, own: Collection[str]) -> bool:
        """Whether it is a target of a KPI as it is asked; `own` tells whether the KPI's variant has its own."""
        if self.address.id != kpi.id or (self.address.variant and self.address.variant != kpi.variant):
            return False
        if kpi.variant and not self.address.variant and "target" in own:
            return False
        return all(_has(kpi, name, text) for name, text in self.address.parameters)


@dataclass(frozen=True)
class Local:
    """Everything a workspace, or who asks, says over the KPIs."""

    overrides: tuple[Override, ...] = ()
    targets: tuple[AimedAt, ...] = ()
    findings: tuple[Finding, ...] = ()  # what is wrong with how it is written
    lines: Mapping[str, list[str]] = field(default_factory=dict)  # of its files, by their names

    @property
    def said(self) -> bool:
        return bool(self.overrides or self.targets or self.findings)

    def raise_faults(self) -> None:
        """Raise what is wrong with how it is written: no figure is given under words that were not understood.

        Raises:
            DefinitionError: with every fault.
        """
        errors = [finding for finding in self.findings if finding.severity == "error"]
        if errors:
            raise DefinitionError(errors)

    def set_over(self, kpi: Kpi, own: Collection[str]) -> Kpi:
        """A KPI with the values that are set for it.

        Args:
            own: names of parameters that the KPI's variant gives a value of its own.

        Raises:
            DefinitionError: a value is set for this KPI that it does not have, or of another kind.
        """
        parameters = dict(kpi.parameters)
        for override in sorted(self.overrides, key=lambda override: override.narrow):
            name = override.parameter.name
            old = kpi.parameters.get(name)
            if old is None:
                if override.kpi == kpi.id and override.variant == kpi.variant:
                    raise DefinitionError(unknown_parameter(override, kpi))
            elif override.reaches(kpi, own):
                parameters[name] = in_place_of(old, override.parameter, place=override.place, excerpt=override.excerpt)
        changed = {name: found for name, found in parameters.items() if found != kpi.parameters[name]}
        return replace(kpi, parameters=parameters, digest=_mixed(kpi.digest, changed)) if changed else kpi

    def aimed(self, kpi: Kpi, own: Collection[str]) -> Kpi:
        """A KPI with the workspace's target for it: that of its variant, and of most parameters, first."""
        fitting = [each for each in self.targets if each.fits(kpi, own)]
        if not fitting:
            return kpi
        found = max(fitting, key=lambda each: (bool(each.address.variant), len(each.address.parameters)))
        told = {aim.cut: aim.told for aim in found.target.aims}
        return replace(kpi, target=found.target, digest=_mixed(kpi.digest, told))


def unknown_parameter(override: Override, kpi: Kpi) -> Finding:
    """That a KPI does not have the parameter that is set for it."""
    name = override.parameter.name
    message = f"`{kpi.id}` has no parameter `{name}`"
    hint = did_you_mean(name, kpi.parameters) or "it has none"
    if name == "window" and kpi.window is not None:
        hint = f"a window is part of the address: {kpi.id}:window={kpi.window.text}"
    return Finding("unknown-parameter", message, override.place, hint, excerpt=override.excerpt)


def settings_of(settings: Collection[tuple[str, str]]) -> Iterator[Override]:
    """The values set on the command line: `answer_threshold` for all KPIs, `service_level.answer_threshold` for one.

    Raises:
        DefinitionError: a name is not written like one, or set twice.
    """
    seen: set[str] = set()
    for name, text in settings:
        line = f"{name}={text}"
        owner, _, own = name.rpartition(".")
        address = parse_address(owner) if owner else Address("")
        if address is None or address.parameters or not own.isidentifier():
            message = f"`{name}` is no name of a parameter"
            hint = "--set answer_threshold=30s, or service_level.answer_threshold=30s"
            raise DefinitionError(Finding("unknown-parameter", message, Place(ASKED), hint, excerpt=line))
        if name in seen:
            raise DefinitionError(Finding("asked-twice", f"`{name}` is set twice", Place(ASKED), excerpt=line))
        seen.add(name)
        place = Place(ASKED, 1, 1, len(name))
        found = replace(parameter(own, text.strip(), place), origin=ASKED)
        yield Override(address.id, address.variant, found, place, line)


def check_settings(overrides: Collection[Override], kpis: Mapping[str, Kpi]) -> list[Finding]:
    """What is set on the command line and reaches nothing that is asked.

    Args:
        kpis: those asked, and those they are made of, by address.
    """
    found = []
    for override in overrides:
        if not override.asked:
            continue
        name = override.parameter.name
        owners = [
            kpi for kpi in kpis.values() if override.kpi in ("", kpi.id) and override.variant in ("", kpi.variant)
        ]
        if not owners:
            owner = f"{override.kpi}@{override.variant}" if override.variant else override.kpi
            hint = did_you_mean(owner, kpis)
            message = f"`{owner}` is not asked for, nor is what is asked made of it"
            found.append(Finding("unknown-kpi", message, override.place, hint, excerpt=override.excerpt))
        elif not any(name in kpi.parameters for kpi in owners):
            known = {each for kpi in owners for each in kpi.parameters}
            hint = did_you_mean(name, known) or "none has any"
            windowed = next((kpi for kpi in owners if name == "window" and kpi.window is not None), None)
            if windowed is not None and windowed.window is not None:
                hint = f"a window is part of the address: {windowed.id}:window={windowed.window.text}"
            message = f"nothing asked for has a parameter `{name}`"
            found.append(Finding("unknown-parameter", message, override.place, hint, excerpt=override.excerpt))
    return found


def _has(kpi: Kpi, name: str, text: str) -> bool:
    """Whether a parameter of a KPI is this one value for all rows."""
    if name == "window":
        return kpi.window is not None and kpi.window.text.replace(" ", "") == text.replace(" ", "")
    found = kpi.parameters.get(name)
    if found is None or found.varies:
        return False
    if isinstance(found.value, str):
        return found.value == text
    wanted: Decimal | None = seconds(text) if found.duration else None
    return found.value == (wanted if wanted is not None else number(text))


def _mixed(digest: str, changed: Mapping[str, object]) -> str:
    told = {name: each.data if isinstance(each, Parameter) else each for name, each in sorted(changed.items())}
    return hashlib.sha256(repr((digest, told)).encode()).hexdigest()[:12]
