"""Words that mean two things in the trade, and what a definition must say to be called by one of them.

Only what can be told from the definition is told: a KPI called after a threshold without one, a rate of abandoned calls
that does not say whose call it was. Words whose readings differ between vendors alone are for variants.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from omnictl.errors import Finding
from omnictl.glossary.kpi import Kpi
from omnictl.glossary.meaning import Meaning
from omnictl.review.texts import folded, names_of
from omnictl.review.whole import Whole, rows_of

ORDERED = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)


@dataclass(frozen=True)
class Called:
    """A KPI as the rules look at it: how it is called, and what is behind it.

    Attributes:
        columns: every column its rows, parts and times name, its own parent's and followed ones included.
    """

    kpi: Kpi
    meaning: Meaning
    columns: frozenset[str]

    @property
    def relations(self) -> frozenset[str]:
        return frozenset(branch.reach.relation.name for branch in rows_of(self.meaning))

    def compares(self, sides: tuple[str, ...], columns: str) -> bool:
        """Whether a side of the figure sets a bound to a column whose name matches."""
        for branch in rows_of(self.meaning):
            for name, part in branch.parts.items():
                conditions = [each.condition for each in part.aggregates if each.condition is not None]
                for node in (found for each in conditions for found in each.walk() if name in sides or not sides):
                    if isinstance(node, ORDERED) and any(re.search(columns, c.name) for c in node.find_all(exp.Column)):
                        return True
        return False


@dataclass(frozen=True)
class Trap:
    """A wording, and when a KPI may be called so.

    Attributes:
        words: a pattern that a folded label, synonym or wording is searched for.
        honest: whether the definition says which reading is meant.
    """

    words: str
    honest: Callable[[Called], bool]
    readings: str
    hint: str


def _spelt_out(called: Called) -> bool:
    return False


def _of_visits(called: Called) -> bool:
    visits = {"kind", "page_views", "engaged_s"} & called.columns
    return bool(visits) or called.meaning.kpi.window is not None


def _inbound_customers(called: Called) -> bool:
    return called.kpi.rollup != "share"


def _followed(called: Called) -> bool:
    return any(each.kpi.window is not None for each in _all(called.meaning)) or bool(
        called.relations & {"needs", "surveys"}
    )


def _all(meaning: Meaning) -> Iterator[Meaning]:
    yield meaning
    for other in meaning.kpis.values():
        yield from _all(other)


def _says_hold(called: Called) -> bool:
    said = folded(" ".join(called.kpi.definition.values()))
    return "hold_s" in called.columns or bool(re.search(r"\bhold\b|\battente\b|mise en garde", said))


WAITS = r"wait|gap|delay|answered_at|queued_at|_s$"
TRAPS = (
    Trap(
        r"\bqs\b|qualite de service|niveau de service|service level|\bsla\b",
        lambda called: called.compares(("numerator", "value"), WAITS) or called.kpi.rollup == "percentile",
        "the share of contacts answered, or of those answered in time",
        "say in how much time: numerator: count_if(wait_s <= :answer_threshold)",
    ),
    Trap(
        r"taux de decroche|\bdecroche\b.*%|answered within|decroches? en moins",
        lambda called: called.compares((), WAITS),
        "all contacts answered, or those answered before a threshold",
        "set the threshold: of the answer, or of the abandons left out (wait_s >= :short_abandon)",
    ),
    Trap(
        r"appels? abandonnes?|abandoned calls?|taux d'abandon d'appels?",
        lambda called: "direction" in called.columns,
        "customers who hang up in the queue, or outbound calls that an agent drops",
        "say whose call it is: where: direction = 'inbound'",
    ),
    Trap(
        r"^(taux de )?rebond$|^bounces?( rate)?$",
        _of_visits,
        "a visit of one page, a visit without engagement, or a return after a call",
        "judge visits (kind = 'visit'), or set a window and say what comes after what",
    ),
    Trap(
        r"^contact rate$|^taux de contact$",
        _inbound_customers,
        "contacts per customer, or outbound calls that reach somebody",
        "rollup: ratio over the customers, or call it reach rate",
    ),
    Trap(
        r"^(taux de )?rappels?$|^call ?backs?( rate)?$",
        _spelt_out,
        "a call that answers a request, or a customer who calls again",
        "call it callbacks kept, or repeat calls",
    ),
    Trap(
        r"^(?!.*(contact|cli[ck])).*\bcpc\b",
        _spelt_out,
        "cost per contact, or cost per click",
        "spell it out: cost per contact, coût par contact",
    ),
    Trap(
        r"\bdmt\b|\baht\b|(duree|delai|temps) moyenn?e? de traitement|average handl(e|ing) time",
        lambda called: called.kpi.unit.casefold() in ("seconds", "minutes"),
        "seconds of an agent's work, or days until a file is closed",
        "unit: seconds; days until a file is closed are a resolution time",
    ),
    Trap(
        r"\bdmc\b|(duree|temps) moyenn?e? de (conversation|communication)",
        _says_hold,
        "conversation alone, or conversation and hold",
        "say in the definition whether hold is in it",
    ),
    Trap(
        r"taux d'occupation|\boccupancy\b",
        lambda called: "paid_s" not in called.columns,
        "handling over handling and idle time, or over paid time",
        "over paid time it is called utilisation",
    ),
    Trap(
        r"^((bot|ivr) )?containment( rate)?$|^(taux de )?(confinement|deflection|automation|automatisation)$",
        lambda called: bool(called.kpi.variants),
        "not escalated, resolved, or not followed by a contact",
        "say each reading as a variant",
    ),
    Trap(
        r"\bfcr\b|\brpc\b|first contact resolution|resolution au premier contact|once (and|&) done",
        _followed,
        "no further contact on the same channel, on any assisted channel, or of any kind",
        "say what must not follow: window: J+7 and within(…), or judge needs or a survey",
    ),
    Trap(
        r"\bnps\b|net promoter",
        lambda called: "scale" in called.columns,
        "scales from 0 to 10, and regional ones whose promoters begin at 8",
        "say the scale: where: scale = 'nps_0_10'",
    ),
)


def check_wording(whole: Whole) -> Iterator[Finding]:
    for kpi in whole.kpis.values():
        meaning = whole.meanings.get(kpi.id)
        if meaning is None:
            continue
        called = Called(kpi, meaning, frozenset(_columns(meaning)))
        wordings = [
            (f"wording.{channel}.{language}", text)
            for channel, texts in kpi.wording.items()
            for language, text in texts.items()
        ]
        told = set()
        for key, text in (*names_of(kpi), *wordings):
            plainly = folded(text)
            for trap in TRAPS:
                if trap not in told and re.search(trap.words, plainly) and not trap.honest(called):
                    told.add(trap)
                    message = f"`{text}` has more than one meaning: {trap.readings}"
                    yield whole.finding("ambiguous-wording", message, kpi, key, trap.hint)


def _columns(meaning: Meaning) -> Iterator[str]:
    for branch in rows_of(meaning):
        trees = [branch.where, branch.at, branch.until]
        for part in branch.parts.values():
            trees += [tree for each in part.aggregates for tree in (each.argument, each.condition)]
        for tree in trees:
            if tree is not None:
                yield from (column.name for column in tree.find_all(exp.Column))
