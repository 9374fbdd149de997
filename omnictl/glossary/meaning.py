"""What a KPI means: the rows it judges itself, and the KPIs it is made of.

`Meanings` follows `kpi()` from one to the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from omnictl.errors import DefinitionError, Finding
from omnictl.glossary.branches import Branch, Reading
from omnictl.glossary.expressions import Fault
from omnictl.glossary.glossary import Glossary
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.leaves import check_dimensions
from omnictl.glossary.local import Override
from omnictl.glossary.parts import Part
from omnictl.glossary.written import Written
from omnictl.zone import Zone, zone_of

__all__ = ["Branch", "Meaning", "Meanings"]

MOST_DEEP = 20  # kpi() of kpi() of …
MOST_FIGURES = 200  # a KPI made of the one before and itself, ten times over, would be 1,024


@dataclass(frozen=True)
class Meaning:
    """A KPI understood.

    Attributes:
        branches: the rows it judges itself.
        composed: part: figures of other KPIs; a part is either here or in every branch.
        parts: the names of all parts, in order.
        formula: the value, over placeholders named as the parts.
        channels: the channels it is defined on; None for all.
        kpis: what it is made of, by address.
        used: its parameters that an expression names.
        figures: how many figures it is made of, written out: a KPI named twice counts twice.
    """

    kpi: Kpi
    branches: tuple[Branch, ...]
    composed: Mapping[str, Part]
    parts: tuple[str, ...]
    formula: exp.Expression
    channels: tuple[str, ...] | None
    kpis: Mapping[str, Meaning]
    used: frozenset[str]
    figures: int = 1

    @property
    def whole(self) -> dict[str, Kpi]:
        """The KPI and every one it is made of, by address."""
        found = {self.kpi.address: self.kpi}
        for other in self.kpis.values():
            found |= other.whole
        return found

    @property
    def dated(self) -> bool:
        """Whether it depends on where a day begins."""
        return any(each.dated for kpi in self.whole.values() for each in kpi.parameters.values())

    @property
    def over(self) -> frozenset[str]:
        """The dimensions its denominator does not split by."""
        return frozenset(written.text.casefold() for written in self.kpi.denominator_over)

    @property
    def by(self) -> tuple[str, ...]:
        """The cuts it is always asked with: its own, and those of what it is made of."""
        below = [name for other in self.kpis.values() for name in other.by]
        return tuple(dict.fromkeys([*(written.text.casefold() for written in self.kpi.by), *below]))


class Meanings:
    """The meanings of a glossary's KPIs, each worked out once. `zone` is whose local days parameters change on."""

    def __init__(self, glossary: Glossary, zone: Zone | None = None) -> None:
        self.glossary = glossary
        self.zone = zone or zone_of("UTC")
        self._known: dict[str, Meaning] = {}  # those whose parameters change on a day
        self._anywhere: dict[str, Meaning] = {}  # the others
        self._zones = {self.zone.name: self}

    def in_zone(self, zone: Zone) -> Meanings:
        """The meanings where a day begins as in a zone; what does not depend on it is shared."""
        if zone.name not in self._zones:
            made = self._zones[zone.name] = Meanings(self.glossary, zone)
            made._anywhere, made._zones = self._anywhere, self._zones
        return self._zones[zone.name]

    def under(self, overrides: Sequence[Override]) -> Meanings:
        """The meanings with other values of parameters, over those that the glossary's workspace sets."""
        local = self.glossary.local
        local = replace(local, overrides=(*local.overrides, *overrides))
        return Meanings(self.glossary.under(local), self.zone)

    def of(self, address: str) -> Meaning:
        """What the KPI of an address means.

        Raises:
            DefinitionError: with every fault of the KPI, or of one it is made of.
        """
        return self._of(self.glossary.resolve(address), ())

    def faults_of(self, draft: Kpi) -> list[Finding]:
        """The faults of the expressions of a KPI that has others already; nothing is kept of it."""
        try:
            self._understood(draft, (draft.address,))
        except DefinitionError as error:
            return error.findings
        return []

    def _of(self, kpi: Kpi, trail: tuple[str, ...]) -> Meaning:
        found = self._anywhere.get(kpi.address) or self._known.get(kpi.address)
        if found is None:
            found = self._understood(kpi, (*trail, kpi.address))
            (self._known if found.dated else self._anywhere)[kpi.address] = found
        return found

    def _understood(self, kpi: Kpi, trail: tuple[str, ...]) -> Meaning:
        reading = Reading(kpi, self.zone)
        branches = reading.branches()
        composed = reading.composed
        formula = reading.formula()
        kpis: dict[str, Meaning] = {}
        for part, written in reading.referring:
            for address, fault in part.kpis:
                kpis.update(self._referred(reading, written, address, fault, trail))
        reading.check(branches, {named: other.kpi for named, other in kpis.items()})
        reading.raise_faults()
        names = tuple(kpi.parts) or ("value",)
        used, figures = frozenset(reading.used), reading.figures or 1
        found = Meaning(kpi, branches, composed, names, formula, reading.channels, kpis, used, figures)
        for written, fault in check_dimensions(found):
            reading.fault(written, fault)
        reading.raise_faults()
        return found

    def _referred(
        self, reading: Reading, written: Written, address: str, fault: Fault, trail: tuple[str, ...]
    ) -> dict[str, Meaning]:
        try:
            other = self.glossary.resolve(address)
        except DefinitionError as error:
            first = error.findings[0]
            if first.place is not None:  # it is there, and wrong: its own faults are told where they are
                raise
            reading.fault(written, Fault(first.code, first.message, fault.offset, fault.width, first.hint))
            return {}
        if other.address in trail:
            way = " → ".join([*trail, other.address])
            reading.fault(written, Fault("kpi-cycle", f"the KPI is made of itself: {way}", fault.offset, fault.width))
            return {}
        if len(trail) > MOST_DEEP:
            message = f"KPIs are made of KPIs {MOST_DEEP} times over at most"
            reading.fault(written, Fault("expression-too-large", message, fault.offset, fault.width))
            return {}
        found = self._of(other, trail)
        reading.figures += found.figures
        if reading.figures > MOST_FIGURES:
            message = f"written out, the KPI is made of more than {MOST_FIGURES} figures"
            reading.fault(written, Fault("expression-too-large", message, fault.offset, fault.width))
            return {}
        return {address: found}
