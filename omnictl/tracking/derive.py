"""From KPIs and sources to a plan: every event and property that the KPIs want, and who gives it. No data is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from omnictl.errors import DefinitionError, Finding
from omnictl.glossary.meaning import Meanings
from omnictl.relations import RELATIONS
from omnictl.relations.column import TEXT, Column
from omnictl.sources import Retrieval
from omnictl.tracking.events import OURS, USUALLY, EventKey, Ground, Wish, Wishes, in_order, order_of, usual_kind
from omnictl.tracking.giving import Given
from omnictl.tracking.grammar import EventWords, PropertyWords, TrackingFile
from omnictl.tracking.lints import lints
from omnictl.tracking.meanings import meaning_of, meaning_of_event, meaning_of_identifier
from omnictl.tracking.overrides import overrides
from omnictl.tracking.plan import IDENTIFIER, TOLD_BY, Event, Feed, Need, Plan, PlannedKpi, PlannedSource, Property
from omnictl.tracking.ranges import range_of
from omnictl.tracking.wants import Wanted, in_workspace, leading_to_interaction, wanted_by

if TYPE_CHECKING:
    from omnictl.glossary.glossary import Glossary
    from omnictl.workspace import Workspace

_CUTS = "a column of the rows it judges, step.article, hour, solution.owner …"


@dataclass(frozen=True)
class Asked:
    """One KPI with the cuts and channels of one need; `need` is None where KPIs are named without one."""

    address: str
    by: tuple[str, ...]
    channels: tuple[str, ...] = ()
    need: Need | None = None


def derive(
    workspace: Workspace,
    glossary: Glossary,
    givens: Mapping[str, Given],
    file: TrackingFile | None = None,
    addresses: Sequence[str] = (),
    by: Sequence[str] = (),
    seen: Sequence[str] = (),
    meanings: Meanings | None = None,
) -> Plan:
    """The plan of KPIs.

    Args:
        givens: what each source gives, by name.
        file: tracking.yml; its needs are taken where no KPI is named.
        addresses: the KPIs; none: those of the needs, and where there is no need all of the glossary.
        by: cuts asked of the KPIs named.
        seen: channels that the data have, besides those that sources name.
        meanings: of the glossary, where some are known already.

    Raises:
        DefinitionError: a need names a KPI, cut, channel, event or property that does not exist; all faults at once.
    """
    said = file or TrackingFile()
    channels = _channels(workspace, givens, said, seen)
    making = _Making(
        workspace,
        meanings or Meanings(glossary),
        givens,
        said,
        Ground(channels, _kinds(givens), bool(said.channels)),
        not addresses,
    )
    asked = _asked(said, addresses, by, glossary)
    making.wish(asked)
    making.check_cuts(asked)
    if not addresses:
        making.add_ours()
    events = making.events()
    faults = [*making.faults, *overrides(said, () if addresses else events, workspace, _identifiers(givens))]
    if any(each.severity == "error" for each in faults):
        raise DefinitionError([each for each in faults if each.severity == "error"])
    plan = Plan(
        id=said.id or _plain_id(workspace.name),
        version=said.version,
        title=said.title or {"en": f"Tracking plan: {workspace.name}", "fr": f"Plan de tracking : {workspace.name}"},
        owner=said.owner,
        naming=said.convention.told,
        needs=said.needs if not addresses else (),
        kpis=making.kpis(asked),
        events=events,
        sources=_sources(workspace, givens, events),
        purposes={name: purpose.text for name, purpose in said.purposes.items()},
        place=said.place,
    )
    return replace(plan, findings=(*said.findings, *faults, *lints(plan, workspace, said)))


def _asked(file: TrackingFile, addresses: Sequence[str], by: Sequence[str], glossary: Glossary) -> list[Asked]:
    if addresses:
        return [Asked(address, tuple(by)) for address in addresses]
    if file.needs:
        return [Asked(address, need.by, need.channels, need) for need in file.needs for address in need.kpis]
    return [Asked(name, tuple(by)) for name in glossary.names]


def _channels(
    workspace: Workspace, givens: Mapping[str, Given], file: TrackingFile, seen: Sequence[str]
) -> tuple[str, ...]:
    """The channels of the plan: those it names, else those that sources give, else all there are."""
    if file.channels:
        return file.channels
    found = {channel for given in givens.values() for channel in (*given.channels, *given.named)} | set(seen)
    return in_order(found or workspace.referential.channels)


def _kinds(givens: Mapping[str, Given]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for given in givens.values():
        for relation, kinds in given.kinds.items():
            found.setdefault(relation, {}).update(dict.fromkeys(kinds))
    return {relation: tuple(kinds) for relation, kinds in found.items()}


def _identifiers(givens: Mapping[str, Given]) -> set[str]:
    """The kinds of identifiers that sources give."""
    columns = {name for given in givens.values() for relation in given.relations.values() for name in relation}
    return {name.removeprefix(IDENTIFIER) for name in columns if name.startswith(IDENTIFIER)}


def _plain_id(name: str) -> str:
    found = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.casefold()).strip("-")
    return found if found[:1].isalpha() else f"plan-{found}".rstrip("-")


@dataclass
class _Making:
    """A plan while it is derived."""

    workspace: Workspace
    meanings: Meanings
    givens: Mapping[str, Given]
    file: TrackingFile
    ground: Ground
    whole: bool  # whether what sources record besides is told too
    wishes: Wishes = field(default_factory=dict)
    faults: list[Finding] = field(default_factory=list)
    _wanted: dict[tuple[str, tuple[str, ...]], Wanted | None] = field(default_factory=dict)

    def wish(self, asked: Iterable[Asked]) -> None:
        """Note what KPIs want of each event."""
        for each in asked:
            wanted = self._wanted_by(each)
            if wanted is None:
                continue
            needs = [each.need.id] if each.need is not None else []
            address = each.address
            for want in wanted.wants:
                for key in self.ground.keys(want, each.channels):
                    columns = self.wishes.setdefault(key, {})
                    here = in_workspace(want, key.channel, self.workspace.referential.rates)
                    for column in self._columns(key, want.column):
                        columns.setdefault(column, Wish()).add(here, address, needs)
                    for column in leading_to_interaction(key.relation) if each.channels else ():
                        columns.setdefault(column, Wish()).cuts["channel"] = None  # which its interaction tells

    def _wanted_by(self, asked: Asked) -> Wanted | None:
        key = (asked.address, asked.by)
        if key not in self._wanted:
            try:
                self._wanted[key] = wanted_by(self.meanings.of(asked.address), asked.by)
            except DefinitionError as error:
                self._wanted[key] = None
                self.faults += [self._at_need(asked, fault) for fault in error.findings]
        return self._wanted[key]

    def check_cuts(self, asked: Sequence[Asked]) -> None:
        """Note the cuts of a need that none of its KPIs has: those that some have are asked of these."""
        lacking: dict[tuple[str, str], list[bool]] = {}
        needs = {each.need.id: each.need for each in asked if each.need is not None}
        for each in asked:
            wanted = self._wanted_by(each)
            for cut in each.by if wanted is not None else ():
                name = each.need.id if each.need is not None else ""
                lacking.setdefault((name, cut), []).append(wanted is not None and cut in wanted.unknown_cuts)
        for (name, cut), absent in lacking.items():
            if all(absent):
                place = needs[name].at(cut) if name in needs else None
                who = f"need `{name}`" if name else "the KPIs named"
                message = f"no KPI of {who} has a cut `{cut}`" if name else f"{who} have no cut `{cut}`"
                self.faults.append(self.file.finding("cut-not-defined", message, place, _CUTS))

    def _at_need(self, asked: Asked, fault: Finding) -> Finding:
        """A fault of a KPI at the need that asks for it; one that stands in the KPI's own file stays there."""
        if asked.need is None or fault.place is not None:
            return fault
        return self.file.finding(fault.code, fault.message, asked.need.at(asked.address), fault.hint)

    def _columns(self, key: EventKey, column: str) -> list[str]:
        """The column; of any identifier, those that link and that sources give, else those usual on the channel."""
        if column != f"{IDENTIFIER}*":
            return [column]
        link_on = self.workspace.identity.link_on
        given = {
            name.removeprefix(IDENTIFIER)
            for each in self.givens.values()
            if each.gives(*key)
            for name in each.relations[key.relation]
            if name.startswith(IDENTIFIER)
        }
        kinds = [kind for kind in link_on if kind in given]
        usual = USUALLY.get(key.channel or "", ("customer_id", "email", "phone"))
        return [f"{IDENTIFIER}{kind}" for kind in kinds or [kind for kind in usual if kind in link_on] or link_on]

    def add_ours(self) -> None:
        """What a contact page shows and what comes of it is in every plan."""
        for relation in OURS:
            columns = self.wishes.setdefault(EventKey(relation, None, ""), {})
            for column in RELATIONS[relation].names:
                if column != "source":
                    columns.setdefault(column, Wish())

    def kpis(self, asked: Iterable[Asked]) -> tuple[PlannedKpi, ...]:
        """The KPIs of the plan, each once."""
        found: dict[str, PlannedKpi] = {}
        for each in asked:
            wanted = self._wanted.get((each.address, each.by))
            if wanted is None:
                continue
            kpi = self.meanings.glossary.resolve(each.address)
            known = found.get(each.address)
            needs = (*(known.needs if known else ()), *([each.need.id] if each.need is not None else ()))
            cuts = [name for name in each.by if name not in wanted.unknown_cuts]
            channels = (
                each.channels if known is None else known.channels and each.channels and known.channels + each.channels
            )
            found[each.address] = PlannedKpi(
                each.address,
                kpi.label,
                kpi.unit,
                kpi.owner,
                tuple(dict.fromkeys([*(known.by if known else ()), *cuts])),
                tuple(dict.fromkeys(needs)),
                tuple(sorted({*(known.referential if known else ()), *wanted.referential})),
                kpi.definition,
                in_order(channels),
            )
        return tuple(found.values())

    # events

    def events(self) -> tuple[Event, ...]:
        """The events, with what the file says over them."""
        return tuple(self._event(key) for key in sorted(self.wishes, key=order_of))

    def _event(self, key: EventKey) -> Event:
        convention = self.file.convention
        usual = convention.event(key.relation, key.channel, usual_kind(key))
        words = self.file.events.get(key.id) or self.file.events.get(usual)
        givers = [each for each in self.givens.values() if each.gives(*key)]
        owners = dict.fromkeys(each.source.retrieval.owner for each in givers if each.source.retrieval is not None)
        return Event(
            id=key.id,
            name=(words.name if words else "") or usual,
            relation=key.relation,
            channel=key.channel,
            kind=key.kind,
            meaning=(words.meaning if words else {}) or meaning_of_event(*key),
            version=(words.version if words else "") or self.file.version,
            properties=tuple(self._properties(key, givers, words)),
            owner=(words.owner if words else "") or ", ".join(each for each in owners if each),
            enforcement=(words.enforcement if words else None) or self.file.enforcement,
            sources=tuple(each.source.name for each in givers),
            place=words.place if words else None,
        )

    def _properties(self, key: EventKey, givers: Sequence[Given], words: EventWords | None) -> Iterator[Property]:
        relation = RELATIONS[key.relation]
        wishes = self.wishes[key]
        for name in relation.needed:
            wishes.setdefault(name, Wish())
        given = [name for each in givers for name in each.relations[key.relation]] if self.whole else []
        names = [*relation.names, *sorted({*wishes, *given} - set(relation.names))]
        for name in names:
            column = relation.column(name)
            if name == "source" or (name not in wishes and name not in given):
                continue
            if column is None and not name.startswith(IDENTIFIER):
                continue
            said = words.properties.get(name) if words is not None else None
            yield self._property(key, name, column, wishes.get(name), givers, said)

    def _property(
        self,
        key: EventKey,
        name: str,
        column: Column | None,
        wish: Wish | None,
        givers: Sequence[Given],
        said: PropertyWords | None,
    ) -> Property:
        told_by = TOLD_BY.get(key.relation)
        low, high = range_of(column, key.kind) if column is not None else (None, None)
        kind = name.removeprefix(IDENTIFIER)
        fixed = {"channel": key.channel or "", told_by or "": key.kind}.get(name, "")
        values = (fixed,) if fixed else (said.values if said is not None else ()) or (column.among if column else ())
        wished = wish or Wish()
        meaning = meaning_of(key.relation, name, key.kind) if column is not None else meaning_of_identifier(kind)
        return Property(
            name=(said.name if said is not None else "") or self.file.convention.property(name),
            column=name,
            type=column.type if column is not None else TEXT,
            meaning=(said.meaning if said is not None else {}) or meaning,
            unit=column.unit if column is not None else "",
            required=name in RELATIONS[key.relation].needed,
            values=values,
            looked_for=() if fixed else tuple(sorted(value for value in wished.values if value)),
            low=said.low if said is not None and said.low is not None else low,
            high=said.high if said is not None and said.high is not None else high,
            nulls=said.nulls if said is not None else None,
            privacy="pseudonym" if column is None else "personal" if column.personal else "",
            kpis=tuple(wished.kpis),
            helps=tuple(wished.helps),
            cuts=tuple(wished.cuts),
            purposes=tuple(self._purposes(key, name, column, wished)),
            feeds=tuple(self._feeds(key, name, givers)),
            unplanned=wish is None,
            one_of=wished.one_of,
        )

    def _purposes(self, key: EventKey, name: str, column: Column | None, wish: Wish) -> Iterator[str]:
        """What justifies a personal property: needs, else the KPIs that want it; and declared purposes."""
        if column is not None and not column.personal:
            return
        wanted = bool(wish.kpis or wish.helps or wish.cuts)
        yield from wish.needs if wish.needs or not wanted else [*wish.kpis, *wish.helps]
        for purpose, said in self.file.purposes.items():
            if name in said.columns or f"{key.relation}.{name}" in said.columns:
                yield purpose

    def _feeds(self, key: EventKey, name: str, givers: Sequence[Given]) -> Iterator[Feed]:
        for each in givers:
            feed = each.relations[key.relation].get(name)
            if feed is not None:
                yield feed


def _sources(workspace: Workspace, givens: Mapping[str, Given], events: Sequence[Event]) -> dict[str, PlannedSource]:
    return {
        name: PlannedSource(
            name=name,
            connector=source.connector,
            paths=tuple(text.text for text in source.path_texts),
            retrieval=source.retrieval or Retrieval(),
            events=tuple(event.id for event in events if name in event.sources),
            channels=givens[name].channels if name in givens else (),
            completes=source.completion.of if source.completion is not None else "",
            timezone=source.timezone if source.declared else "",
            place=source.place,
        )
        for name, source in workspace.sources.items()
    }
