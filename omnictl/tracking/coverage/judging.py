"""The verdict on each KPI, cut and channel: what its compiled trees want, held against the plan and the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from omnictl.compiler.answerable import COUNTED
from omnictl.compiler.catalog import People
from omnictl.compiler.dimensions import dimension_of
from omnictl.compiler.measured import unmeasured
from omnictl.glossary.deferred import LOCAL
from omnictl.glossary.leaves import Leaf, leaves_of
from omnictl.glossary.scope import LINKED, PRICED
from omnictl.relations import RELATIONS
from omnictl.relations.column import CHANNELS
from omnictl.tracking.coverage.lenient import choices, outside
from omnictl.tracking.coverage.meant import differing, odd_values
from omnictl.tracking.coverage.never import never
from omnictl.tracking.coverage.overall import overall
from omnictl.tracking.coverage.spots import Ground
from omnictl.tracking.coverage.timing import timing
from omnictl.tracking.coverage.together import each_once, merged
from omnictl.tracking.coverage.verdict import Line, Reason, State, gravest
from omnictl.tracking.events import BY_CHANNEL, HAPPENS_ON
from omnictl.tracking.lineage import CONSENT
from omnictl.tracking.plan import IDENTIFIER, PlannedKpi
from omnictl.tracking.wants import BranchReading, Want, in_workspace

if TYPE_CHECKING:
    from omnictl.glossary.meaning import Meaning

NO_ROWS = ("C01", "C02", "C03")
_ON_INTERACTIONS = (*BY_CHANNEL, "surveys")  # relations whose rows are on a channel
# Without these a figure is hardly another one: a gap begins at the start of a contact, a call is nobody's child.
SLIGHT = frozenset({"parent_source", "parent_id", "parent_kind", "ended_at", "queue", "agent", "resolved", "solution"})


@dataclass
class Judging:
    """One KPI while it is judged."""

    ground: Ground
    kpi: PlannedKpi
    meaning: Meaning
    channels: Sequence[str]
    leaves: list[Leaf] = field(init=False)
    readings: list[BranchReading] = field(init=False)
    wants: list[tuple[Want, ...]] = field(init=False)

    def __post_init__(self) -> None:
        self.leaves = leaves_of(self.meaning)
        self.readings = [BranchReading(leaf.branch) for leaf in self.leaves]
        self.wants = [tuple(dict.fromkeys(each.wants())) for each in self.readings]

    def lines(self) -> Iterator[Line]:
        """The value on all channels, then on each; then every cut asked, the same way."""
        cuts = [""] + [cut for cut in dict.fromkeys((*self.kpi.by, *self.meaning.by)) if cut.casefold() != "channel"]
        values: dict[str, Line] = {}
        for cut in cuts:
            found = [self._line(cut, channel, values) for channel in self.on or [""]]
            values |= {line.channel: line for line in found if not cut}
            if self.on:
                yield overall(found, self._rows(""))
            yield from found

    @cached_property
    def on(self) -> list[str]:
        """The channels it is told by; none where its rows know no channel."""
        apart = [leaf for leaf in self.leaves if "channel" not in leaf.over]
        if not apart or any(dimension_of("channel", leaf.branch.reach) is None for leaf in apart):
            return []
        if all(leaf.branch.reach.relation.name not in _BY_ROW for leaf in apart):
            return []
        if self._astray:
            return []
        allowed = [leaf.meaning.channels for leaf in apart if leaf.meaning.channels is not None]
        found = [each for each in self.channels if all(each in names for names in allowed)]
        if not found and allowed:
            found = [each for each in allowed[0] if all(each in names for names in allowed)]
        return [each for each in found if any(self._is_about(number, each) for number in self._apart())]

    def _apart(self) -> list[int]:
        return [number for number, leaf in enumerate(self.leaves) if "channel" not in leaf.over]

    @cached_property
    def _astray(self) -> bool:
        """Whether rows tell no channel, and none is asked for."""
        rows = [self.readings[number].rows for number in self._apart()]
        return not self.kpi.channels and any(self.ground.led_nowhere(each.relation, each.kinds) for each in rows)

    def _is_about(self, number: int, channel: str) -> bool:
        """Whether a branch may have rows on a channel."""
        branch, rows = self.leaves[number].branch, self.readings[number].rows
        if branch.channels is not None and channel not in branch.channels:
            return False
        if branch.channels is None and channel in branch.others:
            return False
        if rows.channels is not None and channel not in rows.channels:
            return False
        if rows.visits is not None and rows.visits != (CHANNELS.get(channel, ("", "contact"))[1] == "visit"):
            return False
        if rows.relation == "steps" and rows.kinds:
            usual = {each for kind in rows.kinds for each in HAPPENS_ON.get(kind, (channel,))}
            return channel in usual or bool(self.ground.rows("steps", channel, rows.kinds))
        return True

    # one line

    def _line(self, cut: str, channel: str, values: dict[str, Line]) -> Line:
        if not cut:
            reasons = each_once(self._value(channel))
        else:
            value = values[channel]
            reasons = list(value.reasons)
            if value.state != "not_computable":
                reasons = each_once([*self._cut(cut, channel), *reasons])
        reasons = [each if each.owner else replace(each, owner=self.kpi.owner) for each in reasons]
        state = gravest(each.state for each in reasons)
        return Line(self.kpi.address, cut, channel, state, tuple(reasons), self._rows(channel), self.kpi.owner)

    def _rows(self, channel: str) -> int | None:
        """The rows of the KPI's own relation; of interactions where it is derived."""
        for number in self._apart() or range(len(self.leaves)):
            rows = self.readings[number].rows
            if RELATIONS[rows.relation].written_by != "connector":
                rows = self.readings[number].scope()
            counted = [self.ground.rows(rows.relation, each, rows.kinds) for each in self.spots(rows.relation, channel)]
            return sum(each or 0 for each in counted) if self.ground.held is not None else None
        return None

    def spots(self, relation: str, channel: str) -> list[str | None]:
        """The channels of a relation that a line is about."""
        if relation not in _ON_INTERACTIONS:
            return [None]
        if channel or self._astray:
            return [channel or None]
        return list(self.on) or list(self.channels) or [None]

    def _value(self, channel: str) -> Iterator[Reason]:
        """What is wrong with the value on a channel; '' where it has none."""
        for number, leaf in enumerate(self.leaves):
            apart = "channel" not in leaf.over
            if channel and apart and not self._is_about(number, channel):
                continue
            own = channel if apart else ""
            found = [self._as_term(number, each, own) for each in each_once(self._of_leaf(number, own))]
            yield from found
            if not any(each.state == "not_computable" for each in found):
                yield from self._not_measured(leaf, own)
        yield from timing(self, channel)

    def _as_term(self, number: int, reason: Reason, channel: str) -> Reason:
        """A count without rows among several that are added up is no reason not to compute the others."""
        if reason.code not in NO_ROWS or reason.state != "not_computable" or self._has_no_rows(number, channel) is None:
            return reason
        leaf = self.leaves[number]
        others = {
            address
            for part in self.meaning.composed.values()
            if leaf.meaning.kpi.address in part.kpis
            for address in part.kpis
        }
        for other, each in enumerate(self.leaves):
            added = each.meaning.kpi.address in others and each.meaning is not leaf.meaning
            if added and leaf.meaning.kpi.rollup in COUNTED and self._has_no_rows(other, channel) is None:
                return replace(reason, state="degraded")
        return reason

    def _has_no_rows(self, number: int, channel: str) -> Reason | None:
        rows = self.readings[number].rows
        if RELATIONS[rows.relation].written_by != "connector":
            rows = self.readings[number].scope()
        return self.ground.absent(rows.relation, channel or None, rows.kinds)

    def _of_leaf(self, number: int, channel: str) -> Iterator[Reason]:
        reading = self.readings[number]
        apart = reading.rows.relation not in _BY_ROW
        spots = [None] if apart else self.spots("interactions", channel)
        if channel or len(spots) == 1:
            yield from self._at(number, spots[0])
            return
        found = [list(self._at(number, each)) for each in spots if each is None or self._is_about(number, each)]
        yield from merged(found, [each for each in spots if each is None or self._is_about(number, each)])

    def _at(self, number: int, channel: str | None) -> Iterator[Reason]:
        """What is wrong with one branch on one channel: no rows, no person, no column, no other interactions."""
        reading = self.readings[number]
        own, scope = reading.rows, reading.scope()
        base = own if RELATIONS[own.relation].written_by == "connector" else scope
        where = channel if base.relation in _ON_INTERACTIONS else None
        nothing = self.ground.absent(base.relation, where, base.kinds)
        if nothing is not None:
            yield nothing
            return
        if (strange := self.ground.unplanned(base.relation, where, base.kinds)) is not None:
            yield strange
        yield from self._kinds(base.relation, where, base.kinds)
        wants = [each for each in self.wants[number] if self._own(each, reading)]
        yield from self._columns(number, wants, channel)
        yield from self._pool([each for each in self.wants[number] if not self._own(each, reading)], channel)

    def _own(self, want: Want, reading: BranchReading) -> bool:
        """Whether a want is of the branch's own rows or the interactions behind them, not of others of the person."""
        if want.relation not in _ON_INTERACTIONS:
            return True
        rows, scope = reading.rows, reading.scope()
        return (want.channels, want.visits) in ((rows.channels, rows.visits), (scope.channels, scope.visits)) or (
            want.column == CONSENT
        )

    def _kinds(self, relation: str, channel: str | None, kinds: tuple[str, ...]) -> Iterator[Reason]:
        """Of several kinds of rows that a KPI looks for, those that there are none of."""
        if len(kinds) > 1:
            for kind in kinds:
                found = self.ground.absent(relation, channel, (kind,))
                if found is not None:
                    yield replace(found, state="degraded")

    def _columns(self, number: int, wants: Sequence[Want], channel: str | None) -> Iterator[Reason]:
        reading = self.readings[number]
        people = [each for each in wants if each.column == f"{IDENTIFIER}*"]
        visit = channel is None or CHANNELS.get(channel, ("", "contact"))[1] == "visit"
        if people:
            needed = any(each.level == "needed" for each in people)
            thin = self.ground.thin(channel, "not_computable")
            if thin is not None and needed:
                yield thin
            elif thin is not None and thin.code == "C04":
                yield replace(thin, state="degraded")
        trees = reading.trees()
        hard = outside(trees)
        for each in wants:
            if channel in each.but:
                continue
            if each.timed and in_workspace(each, channel, self.ground.workspace.referential.rates).level == "needed":
                yield from self._worked(reading, each, channel)
                continue
            if each.column.startswith(IDENTIFIER) or (each.column == CONSENT and people and self._told(channel, visit)):
                continue
            where = channel if each.relation in _ON_INTERACTIONS else None
            if each.level == "needed":
                lack = self.ground.lacks(each.relation, where, each.kinds, each.column, "not_computable")
                yield from (
                    [lack] if lack is not None else self.ground.sparse(each.relation, where, each.kinds, each.column)
                )
                yield from odd_values(self.ground, each, where)
                yield from differing(self.ground, each, where)
            elif each.column not in SLIGHT and (each.column in hard or each.relation != reading.rows.relation):
                lack = self.ground.lacks(each.relation, where, each.kinds, each.column, "degraded")
                yield from [lack] if lack is not None else []
                yield from differing(self.ground, each, where)
        yield from self._stood_in(reading, channel)

    def _worked(self, reading: BranchReading, want: Want, channel: str | None) -> Iterator[Reason]:
        """Seconds that are paid for and not known: what was handled has no cost then, and the rest keeps its own."""
        handled = "handled" in reading.looked_for.get("outcome", ()) or "answered_at" in outside(reading.trees())
        state: State = "not_computable" if handled else "degraded"
        lack = self.ground.lacks("interactions", channel, want.kinds, want.column, state)
        yield from [lack] if lack is not None else self.ground.sparse("interactions", channel, want.kinds, want.column)

    def _told(self, channel: str | None, visit: bool) -> bool:
        """Whether consent need not be asked for: it is a contact, consent is taken as given, or people are known."""
        held = self.ground.held
        if self.ground.workspace.identity.consent != "required":
            return True
        return not visit or (held is not None and held.filled("interactions", channel, (), "person_id") > 0)

    def _stood_in(self, reading: BranchReading, channel: str | None) -> Iterator[Reason]:
        """Columns in whose place others, or a constant, are taken."""
        relation, kinds = reading.rows.relation, reading.rows.kinds
        if RELATIONS[relation].written_by != "connector":
            return
        where = channel if relation in _ON_INTERACTIONS else None
        for choice in choices(reading.trees()):
            left = choice.left(lambda column: self._has(relation, where, kinds, column))
            if left:
                continue
            wanted = choice.alternatives[0] if left is not None else choice.columns
            for column in sorted(wanted - SLIGHT if left is not None else wanted):
                state = "degraded" if left is not None else "not_computable"
                if RELATIONS[relation].column(column) is not None:
                    lack = self.ground.lacks(relation, where, kinds, column, state)  # type: ignore[arg-type]
                    yield from [lack] if lack is not None else []

    def _has(self, relation: str, channel: str | None, kinds: tuple[str, ...], column: str) -> bool:
        return RELATIONS[relation].column(column) is None or self.ground.has(relation, channel, kinds, column)

    def _pool(self, wants: Sequence[Want], channel: str | None) -> Iterator[Reason]:
        """What is wrong with the other interactions that a KPI looks for: nothing is found where no channel has it."""
        by_column: dict[tuple[str, str], list[Want]] = {}
        for each in wants:
            if each.level == "needed":
                by_column.setdefault((each.relation, each.column), []).append(each)
        for (relation, column), group in by_column.items():
            yield from self._pooled(relation, column, group, channel)

    def _pooled(self, relation: str, column: str, group: Sequence[Want], channel: str | None) -> Iterator[Reason]:
        for want in group:
            spots = want.channels if want.channels is not None else self.channels
            spots = [each for each in spots if _is_visit(each, want.visits)]
            missing = [(each, self.ground.absent(relation, each, ())) for each in spots]
            there = [each for each, nothing in missing if nothing is None]
            if not there:
                found = [reason for _, reason in missing if reason is not None]
                yield from [replace(found[0], channel=spots[0])] if found and column == "channel" else []
                continue
            if column.startswith(IDENTIFIER):
                lacks = [self.ground.thin(each, "not_computable") for each in there]
            else:
                lacks = [self.ground.lacks(relation, each, (), column, "not_computable") for each in there]
            hard = [each for each in lacks if each is not None and each.state == "not_computable"]
            if column != CONSENT and len(hard) == len(there):
                yield replace(hard[0], channel=there[0])

    # what the compiler says of the store

    def _not_measured(self, leaf: Leaf, channel: str) -> Iterator[Reason]:
        """Where the compiler finds nothing measured: what is derived was not, or has no price."""
        held = self.ground.held
        if held is None:
            if PRICED in leaf.branch.needs and not self.ground.workspace.referential.rates:
                yield self._no_rates()
            return
        lacking = unmeasured(leaf.branch, held.catalog)
        present = held.catalog.channels_of(leaf.branch)
        if not (set(lacking) >= set(present) and present) and not (channel and channel in lacking):
            return
        for column in sorted(never(leaf, held.catalog, channel)):
            if column == PRICED:
                yield self._no_rates()
            elif column == LINKED:
                kind = held.catalog.people
                yield Reason(
                    "C10", "not_computable", "unlinked" if kind is People.UNLINKED else "", "interactions",
                    f"{IDENTIFIER}*", rows=self._rows(channel), of=self._rows(channel), owner=self.ground.plan.owner,
                    fix="link", words={"floor": str(self.ground.file.identified)},
                )  # fmt: skip
            else:
                yield self._derived(leaf, column, channel)

    def _no_rates(self) -> Reason:
        owner = self.ground.plan.owner or self.kpi.owner
        return Reason(
            "C04", "not_computable", "rates", "interactions", "cost", owner=owner, fix="rates", place="referential.yml"
        )

    def _derived(self, leaf: Leaf, column: str, channel: str) -> Reason:
        relation, rows = leaf.branch.reach.relation.name, self._rows(channel)
        return Reason(
            "C05", "not_computable", "", relation, column, rows=rows, of=rows, owner=self.kpi.owner, fix="fill"
        )

    # cuts

    def _cut(self, cut: str, channel: str) -> Iterator[Reason]:
        """What is wrong with a breakdown whose value is well."""
        if cut.casefold() in LOCAL:
            return
        for number, leaf in enumerate(self.leaves):
            if cut.casefold() in leaf.over or (
                channel and not self._is_about(number, channel) and "channel" not in leaf.over
            ):
                continue
            if dimension_of(cut, leaf.branch.reach) is None:
                yield Reason(
                    "C12", "partial", "undefined", leaf.branch.reach.relation.name, cut, owner=self.kpi.owner, fix="cut"
                )
                return
            reading = self.readings[number]
            spots = [channel] if channel else self.spots(reading.rows.relation, "")
            wants = [each for each in reading.cut(cut) if each.level == "cut"]
            found = [list(self._cut_at(wants, each)) for each in spots]
            yield from merged(found, spots, least="partial") if len(spots) > 1 else found[0]

    def _cut_at(self, wants: Iterable[Want], channel: str | None) -> Iterator[Reason]:
        for each in wants:
            where = channel if each.relation in _ON_INTERACTIONS else None
            if each.column == CONSENT and (where is None or self._told(where, _is_visit(where, True))):
                continue
            if each.column == f"{IDENTIFIER}*":
                lack = self.ground.thin(where, "partial")
            else:
                gone = (
                    self.ground.absent(each.relation, where, each.kinds) if each.relation in _ON_INTERACTIONS else None
                )
                lack = gone or self.ground.lacks(each.relation, where, each.kinds, each.column, "partial")
            if lack is not None and (lack.state != "degraded"):
                yield replace(lack, code="C12", state="partial", variant="rows" if lack.code in NO_ROWS else "")
            elif lack is None:
                yield from self.ground.sparse(each.relation, where, each.kinds, each.column)


_BY_ROW = (*_ON_INTERACTIONS, "needs", "identities", "followups", "costs", "levels", "candidates")


def _is_visit(channel: str, visits: bool | None) -> bool:
    return visits is None or visits == (CHANNELS.get(channel, ("", "contact"))[1] == "visit")
