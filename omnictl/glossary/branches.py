"""What a KPI says of itself: its expressions guarded, its channels sorted into branches, its roll-up checked.

A KPI whose expressions differ by channel is several branches: rows judged alike, each with its relation, its time and
its condition. A KPI made of others has none of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Literal

from sqlglot import exp

from omnictl.errors import DefinitionError, Finding, Place
from omnictl.glossary.expressions import Fault, parse_expression
from omnictl.glossary.guard import RowGuard
from omnictl.glossary.kpi import DEFAULT, ByChannel, Kpi
from omnictl.glossary.parts import ROWS, Part, PartGuard, both, channel_in, conjuncts, divided, read_formula
from omnictl.glossary.reach import Reach, reach_of
from omnictl.glossary.rollups import OneFigure, check_composition, check_one_figure, check_parts
from omnictl.glossary.scope import Scope, Typed
from omnictl.glossary.varying import Moment, faults_of_cuts
from omnictl.glossary.watch import Watch, closed_watch, family_of, watch_of, with_followed
from omnictl.glossary.written import Written
from omnictl.places import excerpt_of
from omnictl.relations import RELATIONS
from omnictl.zone import Zone

StockKind = Literal["", "open", "level"]


@dataclass(frozen=True)
class Branch:
    """Rows of one relation that a KPI judges alike.

    Attributes:
        where: which rows, channels included; None for all.
        at: the time that decides the period, in UTC; of a local day its midnight, as if it were UTC.
        daily: whether `at` is a local day.
        stock: `open` when rows count from `at` until `until`, `level` when they count until the next ones are stated.
        parts: part: what is counted of them.
        needs: own columns without which nothing is measured.
        channels: the channels it is about; None for all but `others`.
        watch: what must be seen of a row before it is judged; None for nothing.
        made_of: those it was merged of; each has needs of its own.
    """

    reach: Reach
    where: exp.Expression | None
    at: exp.Expression
    parts: Mapping[str, Part]
    needs: frozenset[str]
    channels: tuple[str, ...] | None
    others: tuple[str, ...]
    daily: bool = False
    stock: StockKind = ""
    until: exp.Expression | None = None
    watch: Watch | None = None
    made_of: tuple[Branch, ...] = ()


@dataclass
class Reading:
    """One KPI while it is understood.

    Attributes:
        zone: whose local days its parameters change on.
        findings: its faults, each once.
        used: its parameters that an expression names.
        figures: how many figures of other KPIs it is made of, written out.
        composed: part: figures of other KPIs.
        referring: the parts that name other KPIs, with where they stand.
        followed: whether an expression names a family of follow-ups.
    """

    kpi: Kpi
    zone: Zone
    findings: list[Finding] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    figures: int = 0
    composed: dict[str, Part] = field(default_factory=dict)
    referring: list[tuple[PartGuard, Written]] = field(default_factory=list)
    followed: bool = False

    def fault(self, written: Written, fault: Fault) -> None:
        place, excerpt = written.at(fault.offset, fault.width)
        finding = Finding(fault.code, fault.message, place, fault.hint, excerpt=excerpt)
        if finding not in self.findings:
            self.findings.append(finding)

    def raise_faults(self) -> None:
        if self.findings:
            raise DefinitionError(sorted(self.findings, key=lambda finding: finding.place or Place("")))

    @property
    def mappings(self) -> dict[str, ByChannel]:
        """Everything that may differ by channel, by key."""
        kpi = self.kpi
        given = {"from": kpi.relation, "at": kpi.at, "where": kpi.where, **kpi.parts}
        given |= {"since": kpi.since, "until": kpi.until}
        return {key: by_channel for key, by_channel in given.items() if by_channel}

    @property
    def channels(self) -> tuple[str, ...] | None:
        """The channels the KPI is defined on: those listed, less those that a mapping without `default` lacks."""
        defined = self.kpi.channels
        for by_channel in self.mappings.values():
            if DEFAULT not in by_channel:
                defined = tuple(each for each in (defined or by_channel) if each in by_channel)
        return defined

    def branches(self) -> tuple[Branch, ...]:
        """The rows the KPI judges itself; none when it is made of other KPIs."""
        self._read_composed()
        if len(self.composed) == len(self.kpi.parts) and self.kpi.parts:
            self._nothing_of_its_own()
            return ()
        if not self.kpi.relation:
            message = "`from` is needed: the relation whose rows are judged"
            if not self.findings:  # of other KPIs, one of which was not understood
                self._at_the_kpi("missing-key", message, "from: interactions")
            return ()
        found = []
        for channels, others in self._groups():
            branch = self._branch(channels, others)
            if branch is not None:
                found.append(branch)
        self._check_window(found)
        return tuple(found)

    def _read_composed(self) -> None:
        """The parts that are figures of other KPIs."""
        for name, by_channel in self.kpi.parts.items():
            for written in by_channel.values():
                if "kpi(" not in written.text.casefold().replace(" ", ""):
                    continue
                guard = PartGuard(Scope(None, self.kpi.parameters))
                tree = parse_expression(written.text, [])
                part = guard.part(tree) if tree is not None else None
                if part is None or not part.kpis:
                    for fault in (each for each in guard.scope.faults if each.code == "unknown-kpi"):
                        self.fault(written, fault)
                    continue
                if len(by_channel) > 1 or DEFAULT not in by_channel:
                    self.fault(written, Fault("kpi-by-channel", "kpi() cannot differ by channel", *_first(guard)))
                self._note(written, guard.scope)
                self.composed[name] = part
                self.referring.append((guard, written))

    def _check_window(self, branches: list[Branch]) -> None:
        """See that the KPI's rows are followed, and that something is asked of what followed."""
        window = self.kpi.window
        if window is None or self.findings:
            return
        width = len(window.text)
        if any(branch.stock for branch in branches):
            message = "rollup `stock` counts what holds at an instant: it has no `window`"
            self.fault(window.written, Fault("window-not-accepted", message, 0, width))
        for branch in branches:
            name = branch.reach.relation.name
            if not branch.reach.followed:
                needs = "on needs the window is `silence` of `needs` in omnictl.yml"
                message = needs if name == "needs" else f"nothing follows a row of {name}: it has no `window`"
                self.fault(window.written, Fault("window-not-accepted", message, 0, width))
        if not self.followed and not self.findings:
            message = "`window` says nothing: no expression asks what lies within it"
            hint = "count_if(within(next_contact)), or a cut such as by: [next_channel]"
            self.fault(window.written, Fault("window-unused", message, 0, width, hint))

    def _nothing_of_its_own(self) -> None:
        if self.kpi.window is not None:
            message = "a KPI made of other KPIs has no `window`: each has its own"
            self.fault(self.kpi.window.written, Fault("composed-has-own", message, 0, len(self.kpi.window.text)))
        for key in ("from", "at", "where"):
            for written in self.mappings.get(key, {}).values():
                message = f"a KPI made of other KPIs has no `{key}`: each has its own"
                self.fault(written, Fault("composed-has-own", message, 0, len(written.text)))
        if self.kpi.channels is not None:
            message = "a KPI made of other KPIs has no `channels`: each has its own"
            self._at_the_kpi("composed-has-own", message, "remove `channels`")

    def _at_the_kpi(self, code: str, message: str, hint: str) -> None:
        """A fault of what the KPI says nowhere in an expression, told at its name."""
        lines = next((each.lines for part in self.kpi.parts.values() for each in part.values()), ())
        place = self.kpi.place
        self.findings.append(Finding(code, message, place, hint, excerpt=excerpt_of(list(lines), place)))

    def _groups(self) -> Iterator[tuple[tuple[str, ...] | None, tuple[str, ...]]]:
        """Channels whose expressions are the same; last, with `others` left out, all that are not named."""

        def said(channel: str) -> tuple[str, ...]:
            found = (by.get(channel, by.get(DEFAULT)) for by in self.mappings.values())
            return tuple(written.text if written is not None else "" for written in found)

        named = dict.fromkeys(channel for by in self.mappings.values() for channel in by if channel != DEFAULT)
        listed = self.channels
        groups: dict[tuple[str, ...], list[str]] = {}
        for channel in listed if listed is not None else named:
            groups.setdefault(said(channel), []).append(channel)
        rest = said(DEFAULT)
        if listed is None:
            groups.pop(rest, None)
        for channels in groups.values():
            yield tuple(channels), ()
        if listed is None:
            yield None, tuple(channel for channels in groups.values() for channel in channels)

    def _branch(self, channels: tuple[str, ...] | None, others: tuple[str, ...]) -> Branch | None:
        def of(by_channel: ByChannel) -> Written | None:
            return by_channel.get(channels[0] if channels else DEFAULT, by_channel.get(DEFAULT))

        relation = of(self.kpi.relation)
        if relation is None or relation.text not in RELATIONS:
            return None
        reach = reach_of(relation.text)
        scope = Scope(reach, self.kpi.parameters, window=self.kpi.window, channels=channels)
        at, daily = self._time(of(self.kpi.since or self.kpi.at), scope, relation)
        scope.moment = Moment(at, daily, self.zone)
        where = self._condition(of(self.kpi.where), scope)
        where = both(self._channel_test(channels, others, scope, relation), where)
        stock: StockKind = "open" if self.kpi.since else "level" if self.kpi.rollup == "stock" else ""
        parts = {"value": ROWS} if self.kpi.since else {}
        for name, by_channel in self.kpi.parts.items():
            written = of(by_channel)
            if name not in self.composed and written is not None:
                part = self._part(written, scope)
                if part is not None:
                    parts[name] = part
        until = self._closing(of(self.kpi.until), scope)
        if stock == "level" and any(column.table for column in at.find_all(exp.Column)):
            message = "a level is stated at a time of its own rows"
            self.fault(of(self.kpi.at) or relation, Fault("not-accepted", message))
        if daily and (since := of(self.kpi.since)) is not None:
            self.fault(since, Fault("wrong-kind", "`since` takes a time, this is a date", 0, len(since.text)))
        where, watch = self._watched(where, scope, relation, stock)
        if not stock:
            watch, rest = with_followed(watch, list(conjuncts(where)))
            where = reduce(both, rest, None) if watch is not None else where
        self._check_cuts(scope, reach)
        return Branch(reach, where, at, parts, frozenset(scope.needs), channels, others, daily, stock, until, watch)

    def _check_cuts(self, scope: Scope, reach: Reach) -> None:
        """See that the relation has what the values of its parameters differ by."""
        lines = {written.place.file: written.lines for by in self.mappings.values() for written in by.values()}
        for name in sorted(scope.used):
            for cut, code, message, hint in faults_of_cuts(self.kpi.parameters[name], reach):
                excerpt = excerpt_of(list(lines.get(cut.named.file, [])), cut.named)
                finding = Finding(code, message, cut.named, hint, excerpt=excerpt)
                if finding not in self.findings:
                    self.findings.append(finding)

    def _watched(
        self, where: exp.Expression | None, scope: Scope, relation: Written, stock: StockKind
    ) -> tuple[exp.Expression | None, Watch | None]:
        """What must be seen of a row before it is judged; and the condition without it."""
        if relation.text == "needs" and not stock and self.kpi.window is None:
            watch, rest = closed_watch(list(conjuncts(where)))
            return reduce(both, rest, None), watch
        if self.kpi.window is None or not scope.reach or not scope.reach.followed:
            return where, None
        for written in (*self.kpi.by, *self.kpi.denominator_over):
            if (found := family_of(written.text)) is not None:
                scope.shown.add(found[0])
        self.followed |= bool(scope.families | scope.as_seen | scope.shown)
        return where, watch_of(scope, self.kpi.window)

    def _note(self, written: Written, scope: Scope) -> None:
        for fault in scope.faults:
            self.fault(written, fault)
        scope.faults.clear()
        scope.needs -= scope.pardoned
        scope.pardoned.clear()
        self.used |= scope.used

    def _condition(self, written: Written | None, scope: Scope) -> exp.Expression | None:
        if written is None:
            return None
        tree = parse_expression(written.text, scope.faults)
        found = RowGuard(scope).condition(tree) if tree is not None else None
        self._note(written, scope)
        return found

    def _channel_test(
        self, channels: tuple[str, ...] | None, others: tuple[str, ...], scope: Scope, relation: Written
    ) -> exp.Expression | None:
        names = channels if channels is not None else others
        if not names:
            return None
        if scope.reach is None or scope.reach.find("channel") is None:
            self.fault(relation, Fault("no-channel", f"{relation.text} has no channel", 0, len(relation.text)))
            return None
        channel = RowGuard(scope).row(exp.column("channel")).node
        test = channel_in(channel, names)
        return test if channels is not None else exp.Not(this=test)

    def _time(self, written: Written | None, scope: Scope, relation: Written) -> tuple[exp.Expression, bool]:
        """When a row happened, and whether that is a local day."""
        if written is None:
            if scope.reach is None or not scope.reach.times:
                self.fault(relation, Fault("missing-key", f"`at` is needed: {relation.text} has no time of its own"))
                return exp.null(), False
            tree: exp.Expression | None = exp.column(scope.reach.times[0])
        else:
            tree = parse_expression(written.text, scope.faults)
        found = RowGuard(scope).row(tree) if tree is not None else Typed(exp.null(), "unknown")
        if written is not None:
            if found.kind not in ("time", "date", "unknown"):
                self.fault(
                    written, Fault("wrong-kind", f"`at` takes a time, this is a {found.kind}", 0, len(written.text))
                )
            self._note(written, scope)
        daily = found.kind == "date"
        return (exp.cast(found.node, exp.DType.TIMESTAMP) if daily else found.node), daily

    def _closing(self, written: Written | None, scope: Scope) -> exp.Expression | None:
        """When a row closes; NULL where it is open still."""
        tree = parse_expression(written.text, scope.faults) if written is not None else None
        if written is None or tree is None:
            return None
        found = RowGuard(scope).of_kind(tree, "time", "`until`")
        self._note(written, scope)
        return found

    def _part(self, written: Written, scope: Scope) -> Part | None:
        tree = parse_expression(written.text, scope.faults)
        part = PartGuard(scope).part(tree) if tree is not None else None
        self._note(written, scope)
        return part

    def formula(self) -> exp.Expression:
        """The value over the parts."""
        kpi = self.kpi
        if "value" in kpi.parts or kpi.since:
            return exp.Placeholder(this="value")
        if kpi.formula is None:
            return divided(exp.Placeholder(this="numerator"), exp.Placeholder(this="denominator"))
        scope = Scope(None, kpi.parameters)
        tree = parse_expression(kpi.formula.text, scope.faults)
        found = read_formula(tree, kpi.parts, scope) if tree is not None else exp.null()
        self._note(kpi.formula, scope)
        return found

    def check(self, branches: tuple[Branch, ...], kpis: Mapping[str, Kpi]) -> None:
        """See that the roll-up fits what is counted; faults of the expressions come first."""
        if self.findings:
            return
        for branch in branches:
            for name, part in branch.parts.items():
                by_channel = self.kpi.parts.get(name) or self.kpi.since
                written = by_channel.get((branch.channels or (DEFAULT,))[0]) or next(iter(by_channel.values()))
                for fault in check_parts(self.kpi.rollup, name, part, branch.parts):
                    self.fault(written, fault)
        if self.kpi.rollup in ("distinct", "percentile", "stock"):
            self._check_one_figure(branches)
        for guard, written in self.referring:
            for address, fault in guard.kpis:
                other = kpis.get(address)
                message = check_composition(self.kpi.rollup, other.rollup, other.id) if other is not None else ""
                if message:
                    self.fault(written, Fault("rollup-contradicts", message, fault.offset, fault.width))

    def _check_one_figure(self, branches: tuple[Branch, ...]) -> None:
        """A distinct count, a percentile or a stock is one figure, also where its expressions differ by channel."""
        told = [
            OneFigure(branch.reach.relation.name, branch.daily, aggregate.kind, aggregate.share)
            for branch in branches
            for part in branch.parts.values()
            for aggregate in part.aggregates
        ]
        for message in check_one_figure(self.kpi.rollup, told):
            by_channel = self.kpi.parts.get("value") or self.kpi.relation
            self.fault(next(iter(by_channel.values())), Fault("rollup-contradicts", message))


def _first(guard: PartGuard) -> tuple[int, int]:
    fault = guard.kpis[0][1]
    return fault.offset, fault.width
