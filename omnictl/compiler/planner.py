"""From a question to its plan: KPIs understood, cuts and condition found in every relation, one SELECT written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from sqlglot import exp

from omnictl.compiler.agents import refuse_agents
from omnictl.compiler.aims import Aims, banded
from omnictl.compiler.answerable import COUNTED, Answerable, Answerables
from omnictl.compiler.buckets import Buckets, make_buckets
from omnictl.compiler.catalog import Catalog
from omnictl.compiler.compare import earlier, with_earlier
from omnictl.compiler.conditions import Conditions
from omnictl.compiler.dimensions import check_known, dimension_of, further_names, repeated_note, trees_of
from omnictl.compiler.early import leave_out_early
from omnictl.compiler.figures import Figures, see
from omnictl.compiler.lookups import Grounds
from omnictl.compiler.plan import COUNTED_APART, TARGETS, Plan, PlannedKpi
from omnictl.compiler.question import EVERY, Question
from omnictl.compiler.reads import Reads
from omnictl.compiler.second import Second
from omnictl.compiler.select import write_select
from omnictl.compiler.spelling import text_of
from omnictl.compiler.states import States
from omnictl.compiler.stock import Stock
from omnictl.compiler.telling import definition_of, details_of, notes_of, values_of
from omnictl.compiler.weights import CERTAIN, NO_LINKS, PROBABLE, unweighed
from omnictl.errors import DefinitionError, EngineError, Finding, did_you_mean
from omnictl.glossary.glossary import Glossary
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.leaves import Leaf, leaves_of
from omnictl.glossary.local import check_settings, settings_of
from omnictl.glossary.meaning import Meaning, Meanings
from omnictl.glossary.watch import family_of
from omnictl.referential import Referential
from omnictl.zone import Zone, zone_of


class Setting(Protocol):
    """What a plan takes from the workspace."""

    @property
    def timezone(self) -> str: ...
    @property
    def language(self) -> str: ...


def plan(
    question: Question, glossary: Glossary, workspace: Setting, catalog: Catalog, meanings: Meanings | None = None
) -> Plan:
    """Plan the answer to a question.

    Args:
        meanings: those of the glossary that are understood already.

    Raises:
        DefinitionError: an unknown KPI, cut or column, a fault of a KPI, or a question that cannot be asked.
    """
    placed = catalog.placed(zone_of(workspace.timezone))
    known = meanings or Meanings(glossary)
    if question.compare is None:
        return _Planner(question, known, workspace, placed).plan()
    before, shift = earlier(question)
    found, then = (_Planner(each, known, workspace, placed) for each in (question, before))
    return with_earlier(found.plan(), then.plan(), shift, found.begins)


@dataclass
class _Planner:
    question: Question
    meanings: Meanings
    workspace: Setting
    catalog: Catalog
    begins: dict[str, str] = field(default_factory=dict)  # local day of the first row, by address

    def plan(self) -> Plan:
        self._check_question()
        meanings = self._meanings()
        notes = [*self._always_cut(meanings), *repeated_note(self.question.by)]
        notes += values_of(_whole(meanings).values())
        question = self.question
        if question.fiscal is not None and question.every in ("quarter", "year"):
            notes.append(question.fiscal.told)
        zone = zone_of(self.workspace.timezone)
        leaves = [leaf for meaning in meanings for leaf in leaves_of(meaning)]
        grounds = Grounds(zone, self._referential, self.catalog, question.lang or self.workspace.language)
        reads = Reads(question, Buckets(None, (), (None, None)), zone, self.catalog, grounds=grounds)
        data = self._data(leaves, reads)
        buckets = make_buckets(question.every, question.period, zone, data, question.fiscal)
        reads.buckets = buckets or reads.buckets
        lang = question.lang or self.workspace.language
        answered = self._answered(meanings, reads)
        second = Second(Reads(question, reads.buckets, zone, self.catalog, grounds=grounds), self.catalog)
        sql = ""
        asked: list[Answerable | None] = [None for _ in meanings]
        if buckets is not None:
            figures = Figures(reads)
            answerables = Answerables(figures, self.catalog)
            asked = [answerables.of(each) if can else None for each, can in zip(meanings, answered, strict=True)]
            sql = self._select(meanings, asked, figures, buckets, second, notes)
        kpis = [
            replace(_planned(meaning, lang, answerable), **second.told_of(f"k{number}"))
            for number, (meaning, answerable) in enumerate(zip(meanings, asked, strict=True), 1)
        ]
        if question.links != CERTAIN and not any("probable" in kpi.apart for kpi in kpis):
            notes.append(NO_LINKS)
        return Plan(
            sql=sql,
            kpis=tuple(kpis),
            by=question.by,
            every=question.every,
            period=question.period,
            timezone=self.workspace.timezone,
            first=data[0] if data else None,
            last=data[1] if data else None,
            total=question.total,
            parts=question.parts,
            long=question.long,
            status=question.status,
            lang=lang,
            notes=tuple(dict.fromkeys(notes)),
            measured=question.measured,
            second=second.sql() if sql else "",
            compare=question.compare,
            interval=question.interval,
            top=question.top,
            floor=question.floor,
            fiscal=question.fiscal,
        )

    @property
    def _referential(self) -> Referential:
        """That of the workspace; where there is none, nothing is known of names and hours."""
        return getattr(self.workspace, "referential", None) or Referential()

    def _check_question(self) -> None:
        question = self.question
        findings = []
        if not question.kpis:
            findings.append(Finding("no-kpi", "no KPI is asked for", hint="`omnictl kpi list` shows them"))
        for what, names in (("KPI", question.kpis), ("cut", question.by)):
            for name in sorted({name for name in names if names.count(name) > 1}):
                findings.append(Finding("asked-twice", f"the {what} `{name}` is asked for twice"))
        if question.every is not None and question.every not in EVERY:
            hint = did_you_mean(question.every, EVERY)
            findings.append(Finding("unknown-value", f"`{question.every}` is no length of a bucket", hint=hint))
        if findings:
            raise DefinitionError(findings)

    def _meanings(self) -> list[Meaning]:
        """What the KPIs asked mean; with the faults of all of them."""
        settings = tuple(settings_of(self.question.settings))
        meanings = self.meanings.in_zone(zone_of(self.workspace.timezone))
        if settings:
            meanings = meanings.under(settings)
        found, findings = [], []
        for address in self.question.kpis:
            try:
                found.append(meanings.of(address))
            except DefinitionError as error:
                findings += error.findings
        findings = findings or check_settings(settings, _whole(found))
        if findings:
            raise DefinitionError(list(dict.fromkeys(findings)))
        return found

    def _always_cut(self, meanings: Sequence[Meaning]) -> list[str]:
        """Add the cuts that the KPIs are always asked with; what must be said of it.

        Raises:
            DefinitionError: others are asked with them, whose rows a further cut would change.
        """
        by = {name.casefold() for name in self.question.by}
        lacking = {meaning.kpi.address: tuple(each for each in meaning.by if each not in by) for meaning in meanings}
        added = next((names for names in lacking.values() if names), ())
        if not added:
            return []
        if len(set(lacking.values())) > 1:
            findings = []
            for address, names in lacking.items():
                if names:
                    told = " and ".join(names)
                    message = f"`{address}` is always cut by {told}, which the other KPIs were not asked to be"
                    findings.append(Finding("cut-missing", message, hint=f"--by {','.join(names)}, or ask it alone"))
            raise DefinitionError(findings)
        self.question = replace(self.question, by=(*self.question.by, *added))
        return [f"cut by {' and '.join(added)}, as {address} always is" for address in lacking]

    def _data(self, leaves: Sequence[Leaf], reads: Reads) -> tuple[datetime, datetime] | None:
        """The bounds of the data that is asked about, when the question gives no period."""
        period = self.question.period
        if period.start is not None and period.end is not None:
            return None
        found = [bounds for leaf in leaves if (bounds := reads.bounds(leaf.branch)) is not None]
        return (min(low for low, _ in found), max(high for _, high in found)) if found else None

    def _answered(self, meanings: Sequence[Meaning], reads: Reads) -> list[bool]:
        """Which KPIs can be answered at all: their rows have the columns of the asker's condition.

        Raises:
            DefinitionError: no KPI has all of them, or all cuts.
        """
        found = [all(reads.of(leaf) is not None for leaf in leaves_of(meaning)) for meaning in meanings]
        if not any(found):
            raise DefinitionError([reads.in_where(fault) for fault in reads.lacking])
        if refused := list(refuse_agents(self.question, reads.named_in_where())):
            raise DefinitionError(refused)
        self._check_cuts(meanings, reads)
        if self.question.links != CERTAIN:
            leaves = [leaf for meaning in meanings for leaf in leaves_of(meaning)]
            findings = list(unweighed([(leaf, reads.weighted(leaf)) for leaf in leaves]))
            if findings:
                raise DefinitionError(list(dict.fromkeys(findings)))
        return found

    def _check_cuts(self, meanings: Sequence[Meaning], reads: Reads) -> None:
        findings = []
        leaves = [leaf for meaning in meanings for leaf in leaves_of(meaning)]
        asked = (tree for scan in reads for tree in (*(scan.cuts or ()), *([scan.where] if scan.where else ())))
        check_known([*asked, *(tree for leaf in leaves for tree in trees_of(leaf.branch))], self._referential)
        reaches = {leaf.branch.reach.relation.name: leaf.branch.reach for leaf in leaves}
        for name in self.question.by:
            named = [found for reach in reaches.values() if (found := dimension_of(name, reach)) is not None]
            if not named:
                known = {column for reach in reaches.values() for column in reach.names()}
                known |= set(further_names(reaches.values(), self._referential))
                hint = did_you_mean(name, known)
                findings.append(Finding("unknown-cut", f"nothing asked for can be cut by `{name}`", hint=hint))
            elif not self.question.personal and any(found.personal for found in named):
                hint = "say that personal columns may be shown: --personal"
                findings.append(Finding("personal-cut", f"`{name}` is a personal column", hint=hint))
        if not findings and not any(_is_cut(meaning, reads) for meaning in meanings):
            together = ", ".join(self.question.by)
            message = f"nothing asked for can be cut by {together}"
            hint = "the rows of each KPI must have every cut"
            followed = [name for name in self.question.by if family_of(name) is not None]
            if followed:
                hint = f"`{followed[0]}` is what followed within a window: ask a KPI that has one"
            findings.append(Finding("unknown-cut", message, hint=hint))
        if findings:
            raise DefinitionError(findings)

    def _select(
        self,
        meanings: Sequence[Meaning],
        asked: Sequence[Answerable | None],
        figures: Figures,
        buckets: Buckets,
        second: Second,
        notes: list[str],
    ) -> str:
        """The first SELECT. What the KPIs ask of the second goes to `second`, what is to be said of them to `notes`."""
        columns: list[tuple[str, str]] = []
        conditions, reads, question = Conditions(), figures.reads, self.question
        for number, (meaning, answerable) in enumerate(zip(meanings, asked, strict=True), 1):
            if answerable is None:
                columns += self._nowhere(meaning, f"k{number}")
                continue
            states = self._states(answerable, reads, figures, buckets, conditions)
            columns += self._columns(answerable, states, f"k{number}")
            notes += notes_of(states, reads.zone, question)
            if question.interval or question.floor:
                second.add(meaning, f"k{number}")
            self.begins |= _begins(meaning, reads, reads.zone)
        for scan in reads if question.by else ():
            if not scan.hidden and not isinstance(scan, Stock):
                see(scan, self.catalog)
        if not self._speaks_of_channel():
            leave_out_early(reads, self.catalog)
        self._check_relations(reads)
        return write_select(reads, figures, columns, conditions, cuts=len(question.by))

    def _check_relations(self, reads: Reads) -> None:
        """See that the store has what is read.

        Raises:
            EngineError: it lacks a relation: it was written by a version that did not know it.
        """
        known = self.catalog.relations
        read = {name for scan in reads if scan.asked for name in scan.relations}
        missing = sorted(read - known) if known is not None else []
        if missing:
            told = " and ".join(missing)
            raise EngineError(f"the store has no {told}: an earlier omnictl made it", hint="`omnictl run` adds them")

    def _speaks_of_channel(self) -> bool:
        return "channel" in (self.question.where or "")

    def _states(
        self, answerable: Answerable, reads: Reads, figures: Figures, buckets: Buckets, conditions: Conditions
    ) -> States:
        by, filtered = self.question.by, self._speaks_of_channel()
        channel = f"cut_{by.index('channel') + 1}" if "channel" in by else None
        totals = self.question.total
        return States(answerable, reads, figures, self.catalog, buckets, totals, channel, filtered, conditions)

    def _columns(self, answerable: Answerable, states: States, name: str) -> list[tuple[str, str]]:
        """The columns of one KPI: value, parts where they are asked for, state."""
        state, nothing, hidden = states.sql()

        def shown(tree: exp.Expression | None, unless: str) -> str:
            if tree is None or unless == "true":
                return "null"
            text = text_of(tree)
            # not `case when not (…)`: the condition is NULL where the cut is
            return f"case when {unless} then null else {text} end" if unless else text

        found = [(f"{name}_value", shown(answerable.value, hidden))]
        if self.question.measured:
            for part, tree in answerable.named.items():
                found.append((f"{name}_part_{part}", shown(tree, nothing)))
            found.append((f"{name}_numerator", shown(answerable.numerator, nothing)))
            found.append((f"{name}_denominator", shown(answerable.denominator, nothing)))
            found.append((f"{name}_n", shown(answerable.n(), nothing)))
            found.append((f"{name}_unknown", shown(answerable.unknown(), nothing)))
        for counted in COUNTED_APART:
            tree = getattr(answerable, counted)
            if tree is not None:
                found.append((f"{name}_{counted}", shown(tree, nothing)))
        if self.question.aimed:
            aims = Aims(self.question.by, states.buckets)
            found += [(f"{name}_{each}", sql) for each, sql in aims.columns(answerable.meaning)]
        return [*found, (f"{name}_state", state)]

    def _nowhere(self, meaning: Meaning, name: str) -> list[tuple[str, str]]:
        """The columns of a KPI whose rows lack a column of the asker's condition: it is not defined."""
        wanted = ["value"]
        if self.question.measured:
            named = meaning.parts if meaning.kpi.rollup == "index" else ()
            wanted += [*(f"part_{part}" for part in named), "numerator", "denominator", "n", "unknown"]
        wanted += TARGETS if self.question.aimed else ()
        return [*((f"{name}_{each}", "null") for each in wanted), (f"{name}_state", "'not_defined'")]


def _whole(meanings: Sequence[Meaning]) -> dict[str, Kpi]:
    """The KPIs asked, and every one they are made of, by address."""
    return {address: kpi for meaning in meanings for address, kpi in meaning.whole.items()}


def _is_cut(meaning: Meaning, reads: Reads) -> bool:
    """Whether the rows of a KPI have every column asked for."""
    return all((read := reads.of(leaf)) is not None and read.scan.cuts is not None for leaf in leaves_of(meaning))


def _begins(meaning: Meaning, reads: Reads, zone: Zone) -> dict[str, str]:
    """The local day of the first row a KPI could judge."""
    found = [bounds[0] for leaf in leaves_of(meaning) if (bounds := reads.bounds(leaf.branch)) is not None]
    return {meaning.kpi.address: zone.to_local(min(found)).date().isoformat()} if found else {}


def _planned(meaning: Meaning, lang: str, answerable: Answerable | None) -> PlannedKpi:
    kpi = meaning.kpi
    apart = [each for each in COUNTED_APART if answerable is not None and getattr(answerable, each) is not None]
    kept = answerable.kept if answerable is not None else None
    return PlannedKpi(
        name=kpi.address,
        label=kpi.labelled(lang),
        unit=kpi.unit,
        parts=meaning.parts if kpi.rollup == "index" else (),
        quotient=kpi.rollup not in ("sum", "distinct", "percentile", "stock"),
        definition=definition_of(kpi) + ("; links: probable" if "probable" in apart else ""),
        details=details_of(meaning, lang) | ({"links": PROBABLE} if "probable" in apart else {}),
        apart=tuple(apart),
        rollup=kpi.rollup,
        zero=kpi.rollup in COUNTED or bool(kpi.since),
        split=None if kept is None else tuple(int(name.removeprefix("cut_")) - 1 for name in kept),
        banded=banded(kpi),
    )
