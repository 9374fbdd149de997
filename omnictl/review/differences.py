"""What two glossaries say otherwise: KPI by KPI and variant by variant, by meaning and not by text.

KPIs whose files are the same on both sides are not read, unless they are made of others. Meanings are compared as
`canonical` gives them: spacing, case, comments, brackets and the order of keys or of what `and` joins do not count.
A difference is breaking when a figure of the past can change, or an id, a variant, a parameter or a channel is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Literal

from omnictl.errors import DefinitionError, Place
from omnictl.glossary.canonical import MADE_OF, canonical
from omnictl.glossary.glossary import Glossary
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.meaning import Meaning, Meanings
from omnictl.glossary.targets import Target
from omnictl.review.dependents import names_kpis

Kind = Literal["meaning", "faulty", "removed", "added", "wording"]
KINDS: tuple[Kind, ...] = ("meaning", "faulty", "removed", "added", "wording")  # in the order they are told
TEXTS = (
    "label",
    "question",
    "definition",
    "note",
    "synonyms",
    "wording",
    "owner",
    "better",
    "target",
    "sources",
    "vendors",
)
_NOWHERE = Place("")


@dataclass(frozen=True)
class Change:
    """One key that says otherwise; '' where it says nothing. `meaning`: whether it is part of what is counted."""

    key: str
    old: str
    new: str
    breaking: bool
    meaning: bool = True


@dataclass(frozen=True)
class Difference:
    """One KPI, or variant, that differs.

    Attributes:
        kind: `meaning`: what it counts; `faulty`: it could be understood and cannot any more; `wording`: what people
            read of it, its owner, target or tests.
        also: the KPI's variants that differ in the same way.
    """

    address: str
    kind: Kind
    changes: tuple[Change, ...] = ()
    breaking: bool = False
    also: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.address.partition("@")[0]

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.address, *(f"{self.id}@{variant}" for variant in self.also))


def differences(old: Glossary, new: Glossary, today: date) -> list[Difference]:
    """What differs between two glossaries, by kind and name.

    Args:
        today: a value of a parameter that holds from a later day on breaks nothing.

    Raises:
        DefinitionError: two files of one glossary hold the same KPI, or a file cannot be read; a fault of what the
            workspace says over its KPIs.
    """
    for glossary in (old, new):
        glossary.local.raise_faults()
    sides = _Side(old, today), _Side(new, today)
    found: list[Difference] = []
    alike = sides[0].words == sides[1].words
    for name in sorted({*old.names, *new.names}):
        if not (alike and sides[0].says_the_same(name, sides[1])):
            found += _together(_of_kpi(name, *sides))
    return sorted(found, key=lambda each: (KINDS.index(each.kind), each.address))


@dataclass
class _Side:
    glossary: Glossary
    today: date
    names: frozenset[str] = frozenset()
    meanings: Meanings = field(init=False)

    def __post_init__(self) -> None:
        self.names = frozenset(self.glossary.names)
        self.meanings = Meanings(self.glossary)

    @property
    def words(self) -> list[str]:
        """What the workspace says over its KPIs: parameters and targets."""
        local = self.glossary.local
        said = [f"{each.kpi}@{each.variant} {each.parameter.name} {each.parameter.normal}" for each in local.overrides]
        said += [f"{each.address} {_shown(each.target)}" for each in local.targets]
        return sorted([*said, *(finding.message for finding in local.findings)])

    def says_the_same(self, name: str, other: _Side) -> bool:
        """Whether a KPI stands in files of the same bytes on both sides, and is made of no other."""
        own = self.texts.get(name)
        return own is not None and own == other.texts.get(name) and not any(names_kpis(text) for _, text in own)

    @cached_property
    def texts(self) -> dict[str, list[tuple[str, bytes]]]:
        """KPI → glossary and bytes of the files that hold it; nothing when a file does not tell without being read."""
        found: dict[str, list[tuple[str, bytes]]] = {}
        for number, layer in enumerate(self.glossary.layers):
            called = layer.name if "/" not in layer.name else ""  # a path is another one in a revision
            for file in layer.files:
                if file.names is None:
                    return {}
                for name in file.names:
                    found.setdefault(name, []).append((f"{number} {called}", file.content))
        return found

    def kpi(self, address: str) -> Kpi | str:
        """The KPI of an address; why there is none."""
        try:
            return self.glossary.resolve(address)
        except DefinitionError as error:
            return _told(error)

    def meaning(self, address: str) -> Meaning | str:
        """What the KPI of an address means; why it means nothing."""
        try:
            return self.meanings.of(address)
        except DefinitionError as error:
            return _told(error)


def _told(error: DefinitionError) -> str:
    first = error.findings[0]
    where = f"{first.place}: " if first.place is not None else ""
    return f"{where}{first.message} [{first.code}]"


def _of_kpi(name: str, old: _Side, new: _Side) -> Iterator[Difference]:
    """The differences of one KPI and of its variants."""
    if name not in new.names:
        yield Difference(name, "removed", breaking=True)
        return
    if name not in old.names:
        yield Difference(name, "added")
        return
    before, after = old.kpi(name), new.kpi(name)
    variants: dict[str, None] = {}
    for kpi in (before, after):
        variants |= dict.fromkeys(kpi.variants if isinstance(kpi, Kpi) else ())
    yield from _of_address(name, before, after, old, new)
    if isinstance(before, str) or isinstance(after, str):
        return
    for variant in variants:
        address = f"{name}@{variant}"
        if variant not in after.variants:
            yield Difference(address, "removed", breaking=True)
        elif variant not in before.variants:
            yield Difference(address, "added")
        else:
            yield from _of_address(address, old.kpi(address), new.kpi(address), old, new)


def _of_address(address: str, before: Kpi | str, after: Kpi | str, old: _Side, new: _Side) -> Iterator[Difference]:
    if isinstance(before, Kpi) and isinstance(after, Kpi) and _alike(before, after):
        return
    meant, means = old.meaning(address), new.meaning(address)
    if isinstance(means, str):
        if isinstance(meant, Meaning):
            yield Difference(address, "faulty", (Change("fault", "", means, True),), breaking=True)
        return
    if isinstance(meant, str):
        yield Difference(address, "meaning", (Change("fault", meant, "", False),))
        return
    changes = tuple(_changes(meant, means, new.today))
    wording = tuple(_wording(meant.kpi, means.kpi))
    if changes or wording:
        kind: Kind = "meaning" if changes else "wording"
        yield Difference(address, kind, (*changes, *wording), any(each.breaking for each in changes))


def _alike(old: Kpi, new: Kpi) -> bool:
    """Whether two KPIs say the same and lean on no other, whose meaning may have changed."""
    composed = any("kpi" in written.text.casefold() for part in old.parts.values() for written in part.values())
    same = old.digest == new.digest and _plain(old.parameters) == _plain(new.parameters)
    return same and not composed and _plain(old.cases) == _plain(new.cases)


def _plain(value: Any) -> str:
    """What a value says, without the places it says it at."""
    if isinstance(value, Mapping):
        return repr({key: _plain(each) for key, each in sorted(value.items())})
    if isinstance(value, tuple):
        return repr([_plain(each) for each in value])
    return repr(replace(value, place=_NOWHERE)) if hasattr(value, "place") else repr(value)


def _changes(meant: Meaning, means: Meaning, today: date) -> Iterator[Change]:
    old, new = canonical(meant), canonical(means)
    for key in dict.fromkeys([*new, *old]):
        before, after = old.get(key, ""), new.get(key, "")
        if before != after:
            kind, _, name = key.partition(" ")
            stays = kind == "parameters" and _past_stays(meant.kpi, means.kpi, name, today)
            if key.startswith(f"{MADE_OF} ") and before and after:
                address = key.removeprefix(f"{MADE_OF} ")
                stays = not any(each.breaking for each in _changes(meant.kpis[address], means.kpis[address], today))
                before, after = "what it meant before", "what it means now"
            yield Change(key, before, after, not stays)


def _past_stays(old: Kpi, new: Kpi, name: str, today: date) -> bool:
    """Whether a parameter is new, or has further values that begin after today and is otherwise as it was."""
    before, after = old.parameters.get(name), new.parameters.get(name)
    if before is None or after is None:
        return before is None
    further = after.changes[len(before.changes) :]
    kept = replace(after, changes=after.changes[: len(before.changes)])
    return bool(further) and kept.normal == before.normal and all(change.since > today for change in further)


def _wording(old: Kpi, new: Kpi) -> Iterator[Change]:
    """What people read, and what the KPI is held to."""
    for key in TEXTS:
        before, after = getattr(old, key, None), getattr(new, key, None)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            for part in dict.fromkeys([*before, *after]):
                if before.get(part) != after.get(part):
                    yield Change(f"{key} {part}", _shown(before.get(part)), _shown(after.get(part)), False, False)
        elif _shown(before) != _shown(after):
            yield Change(key, _shown(before), _shown(after), False, False)
    if _plain(old.cases) != _plain(new.cases):
        then, now = (f"{len(cases)} case{'' if len(cases) == 1 else 's'}" for cases in (old.cases, new.cases))
        yield Change("tests", then, now + (", not the same" if then == now else ""), False, False)
    for name, note in new.variants.items():
        before = old.variants.get(name)
        if before is not None and before != note:
            yield Change(f"variants {name} note", _shown(before), _shown(note), False, False)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Target):
        return "; ".join(f"{aim.cut}: {aim.told}" if aim.cut else aim.told for aim in value.aims)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_shown(each)}" for key, each in value.items())
    if isinstance(value, tuple):
        return ", ".join(_shown(each) for each in value)
    return str(value)


def _together(found: Iterable[Difference]) -> list[Difference]:
    """The differences of a KPI, with the variants that differ as it does told beside it."""
    several = list(found)
    own = next((each for each in several if "@" not in each.address and each.kind in ("meaning", "wording")), None)
    if own is None:
        return several
    like = [each for each in several if each is not own and (each.kind, each.changes) == (own.kind, own.changes)]
    also = tuple(each.address.partition("@")[2] for each in like)
    return [replace(own, also=also), *(each for each in several if each is not own and each not in like)]
