"""Figures over probable links: all that the compiler knows of weights.

An interaction with candidates stands once for each of them, with the candidate's probability as its weight, and once as
it stands over certain links, with the rest. The weights of one interaction add up to exactly 1: they are decimals, and
the rest is worked out of the others. So every count and sum of rows becomes a sum of weights, and what does not depend
on people gives the figure it gives over certain links. What is no sum of rows has no weight, and is refused.

Only scans of rows that depend on people are weighted, see `weighs`: all others read what they always read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from omnictl.compiler.scan import Measure, Scan
from omnictl.compiler.spelling import aliases_of
from omnictl.errors import Finding
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.parts import ADDITIVE
from omnictl.glossary.reach import NEVER_FOLLOWED, OF_PERSON, Reach
from omnictl.glossary.scope import FOLLOWUP, PERSON
from omnictl.relations.families import FAMILIES

if TYPE_CHECKING:
    from omnictl.compiler.question import Question
    from omnictl.glossary.leaves import Leaf
    from omnictl.glossary.meaning import Branch

CERTAIN, PROBABLE = "certain", "probable"
STORED = "followups_probable"  # the table of candidates with what follows them, as `build` makes it
WEIGHT, BY_CHANCE = "weight", "probable"  # columns of the rows step
NO_LINKS = "who is who changes nothing that was asked: the figures are those of certain links"


class Weighted(Scan):
    """A scan whose rows stand once per link: with the person and what follows of each, and its weight."""

    @property
    def links(self) -> str:
        """The step that gives each interaction its links."""
        return f"{self.name}_links"

    @property
    def joins(self) -> list[tuple[str, str, tuple[tuple[str, str], ...]]]:
        others = [each for each in super().joins if each[0] not in (PERSON, FOLLOWUP)]
        return [*others, (FOLLOWUP, self.links, self.reach.person)]

    @property
    def relations(self) -> list[str]:
        certain = [name for name in ("identities", "followups") if name in self._certain()]
        return [*(name for name in super().relations if name != self.links), *certain, STORED]

    def aggregate(self, measure: Measure) -> str:
        assert measure.additive, "what does not add up is refused before"
        if measure.kind == "count":
            return f"sum(case when {measure.test} then {WEIGHT} else 0 end)" if measure.test else f"sum({WEIGHT})"
        amount = f"{measure.amount} * {WEIGHT}"
        return f"sum(case when {measure.test} then {amount} end)" if measure.test else f"sum({amount})"

    def people_behind(self, test: str) -> str:
        """Only people who certainly stand behind a figure are counted: a candidate may be nobody of it."""
        return f"({test}) and not {BY_CHANCE}"

    def _further(self) -> list[str]:
        # a row that belongs to no interaction has no link, and weighs what it is
        return [
            f"coalesce({FOLLOWUP}.{WEIGHT}, 1) as {WEIGHT}",
            f"coalesce({FOLLOWUP}.{BY_CHANCE}, false) as {BY_CHANCE}",
        ]

    def _read(self) -> Iterator[tuple[str, str]]:
        steps = list(super()._read())  # as the rows are written, it is known what is read of the links
        yield self.links, self._linked()
        yield from steps

    def _sql(self, tree: exp.Expression) -> str:
        if PERSON in aliases_of(tree):
            tree = tree.copy()
            for column in list(tree.find_all(exp.Column)):
                if column.table == PERSON:
                    column.set("table", exp.to_identifier(FOLLOWUP))
        return super()._sql(tree)

    def _named(self) -> tuple[list[str], list[str]]:
        """The columns that are read of identities, the person left aside, and of followups."""
        found: dict[str, set[str]] = {PERSON: set(), FOLLOWUP: set()}
        for tree in self._trees():
            for column in tree.find_all(exp.Column):
                if column.table in found:
                    found[column.table].add(column.name)
        of_person = found[PERSON] - {"person_id"}
        return sorted(of_person), sorted(found[FOLLOWUP] - {"person_id"})

    def _certain(self) -> str:
        """The relations that give the certain link of each interaction, as SQL."""
        own, followed = self._named()
        if not followed:
            return "identities as c"
        on = "p.source = c.source and p.interaction_id = c.interaction_id"
        return "followups as c" + (f"\njoin identities as p on {on}" if own else "")

    def _linked(self) -> str:
        own, followed = self._named()
        joined = "p" if followed else "c"
        certain = ["c.source", "c.interaction_id", "c.person_id", *(f"{joined}.{name}" for name in own)]
        certain += [f"c.{name}" for name in followed]
        candidates = ["c.source", "c.interaction_id", "c.person_id", *map(_of_candidate, own)]
        candidates += [f"c.{name}" for name in followed]
        via = "p.source = c.source and p.interaction_id = c.interaction_id"
        return (
            f"select {', '.join(certain)}, cast(1 - coalesce(s.shared, 0) as decimal(7, 6)) as {WEIGHT},"
            f" false as {BY_CHANCE}\nfrom {self._certain()}\n"
            "left join (\n"
            f"  select source, interaction_id, sum({WEIGHT}) as shared\n  from {STORED}\n"
            "  group by source, interaction_id\n"
            ") as s on s.source = c.source and s.interaction_id = c.interaction_id\n"
            "where s.shared is null or s.shared < 1\n"
            f"union all\nselect {', '.join(candidates)}, c.{WEIGHT}, true as {BY_CHANCE}\nfrom {STORED} as c"
            + (f"\nleft join identities as p on {via}" if "via" in own else "")
        )


def _of_candidate(name: str) -> str:
    """What a link to a candidate says of itself; how the interaction is known is the interaction's own."""
    return f"'{PROBABLE}' as link" if name == "link" else f"p.{name}"


def weighs(question: Question, branch: Branch, named: Iterable[str]) -> bool:
    """Whether rows are told apart by who is who: by what a KPI reads of people, or by what the question names.

    Args:
        named: columns that the question is cut by, or that its condition names.
    """
    if question.links != PROBABLE or not branch.reach.person:
        return False
    return _reads_people(branch) or any(_of_people(branch.reach, name) for name in named)


def unweighed(leaves: Sequence[tuple[Leaf, bool]]) -> Iterator[Finding]:
    """What has no figure over probable links.

    Args:
        leaves: rows behind the KPIs asked, each with whether it is weighted.
    """
    for leaf, weighted in leaves:
        branch, kpi = leaf.branch, leaf.meaning.kpi
        why = ""
        if branch.reach.relation.name in NEVER_FOLLOWED:
            why = "is made of needs: whole chains of one person's interactions"
        elif weighted and branch.stock:
            why = "counts what stands open"
        elif weighted and any(each.kind == "distinct" for part in branch.parts.values() for each in part.aggregates):
            why = "counts distinct values"
        elif weighted and any(each.kind not in ADDITIVE for part in branch.parts.values() for each in part.aggregates):
            why = "ranks values"
        if why:
            yield _finding(kpi, why)


def _finding(kpi: Kpi, why: str) -> Finding:
    written = next((each for by_channel in kpi.expressions().values() for each in by_channel.values()), None)
    return Finding(
        "links-not-weighed",
        f"`{kpi.address}` {why}, where the weight of a probable link has no meaning",
        written.place if written is not None else kpi.place,
        "ask it over certain links: leave out --links probable",
        excerpt=written.excerpt() if written is not None else "",
    )


def _reads_people(branch: Branch) -> bool:
    trees: list[exp.Expression | None] = [branch.at, branch.where, branch.until]
    for part in branch.parts.values():
        trees += [tree for each in part.aggregates for tree in (each.argument, each.condition)]
    if branch.watch is not None:
        trees += [branch.watch.identified, branch.watch.mature]
    return any(aliases_of(tree) & {PERSON, FOLLOWUP} for tree in trees if tree is not None)


def _of_people(reach: Reach, name: str) -> bool:
    if name in FAMILIES:
        return True
    found = reach.find(name)
    return found is not None and not found.own and (name in OF_PERSON or found.relation == "followups")
