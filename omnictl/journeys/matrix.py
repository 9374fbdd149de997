"""Where customers go next: the channel transition rate, cut by where they come from, as a matrix."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from omnictl.compiler.ask import ask
from omnictl.compiler.catalog import read_catalog
from omnictl.errors import OmnictlError, did_you_mean
from omnictl.journeys.people import check_linked
from omnictl.journeys.repeat.card import CARD as OF_REPEAT
from omnictl.journeys.repeat.card import HIDDEN, amount_of, links_of
from omnictl.journeys.repeat.followed import on_channels
from omnictl.render import Col, Table
from omnictl.render.figures import figure

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler import Answer
    from omnictl.compiler.question import Question
    from omnictl.workspace import Workspace

KPI = "channel_transition_rate"
SIDES = {"channel": ("channel",), "mode": ("mode",), "solution": ("channel", "solution")}
OWN = {"mode": "channel.mode"}  # how the side that is left is asked for, where it is no column
FIGURES = {"value": "share", "numerator": "interactions", "denominator": "of", "immature": "immature",
           "unidentified": "unidentified", "state": "state"}  # fmt: skip
WORDS = {
    "en": {"from": "From", "none": "nothing", "of": "Interactions"},
    "fr": {"from": "De", "none": "rien", "of": "Interactions"},
}

Side = tuple[str | None, ...]


@dataclass(frozen=True)
class Transitions:
    """The answer of the KPI, and by what it is told: one of `SIDES`, any intent or the same."""

    answer: Answer
    by: str
    same_intent: bool
    after: tuple[str, ...]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Rows that say something, by name: what follows rows that nobody can judge yet says nothing. `left` and `next`
        are the two sides; a `next` without anything is nothing. Every place has a row."""
        own, further = cuts_of(self.by, self.same_intent)
        names = [column.name for column in self.answer.table.columns]
        every = []
        for row in self.answer.table.rows:
            cells = dict(zip(names, row, strict=True))
            cells["left"] = tuple(cells[name] for name in own)
            cells["next"] = tuple(cells[name] for name in further)
            cells["says"] = cells["numerator"] or not any(cells["next"]) or cells["state"] == HIDDEN
            every.append(cells)
        told = {cells["left"] for cells in every if cells["says"]}
        found = []
        for cells in every:
            if cells["says"]:
                found.append(cells)
            elif cells["left"] not in told:
                told.add(cells["left"])
                found.append(cells | {"next": (None,) * len(further)})
        return found


def address_of(by: str, same_intent: bool) -> str:
    """The KPI or variant that a matrix shows."""
    named = "_".join((*(["same_intent"] if same_intent else []), *([f"by_{by}"] if by != "channel" else [])))
    return f"{KPI}@{named}" if named else KPI


def cuts_of(by: str, same_intent: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The cuts of the side that is left, and those of the other."""
    family = "next_contact_same_intent" if same_intent else "next"
    return tuple(OWN.get(name, name) for name in SIDES[by]), tuple(f"{family}_{name}" for name in SIDES[by])


def matrix(
    workspace: Workspace, question: Question, window: str | None, con: duckdb.DuckDBPyConnection,
    *, by: str = "channel", same_intent: bool = False, after: Sequence[str] = (),
) -> Transitions:  # fmt: skip
    """A row per place and next place, None for nothing within the window: the long answer of the KPI.

    Args:
        question: its period and condition are taken.
        window: another one than the KPI's own.
        by: one of `SIDES`.
        same_intent: only what follows for the same intent.
        after: the channels that are left; none for all.

    Raises:
        OmnictlError: nobody has been linked, or a name is no channel.
        DefinitionError: a condition or a window that cannot be asked for.
    """
    check_linked(con)
    address = address_of(by, same_intent) + (f":window={window}" if window else "")
    own, further = cuts_of(by, same_intent)
    check_channels(after, workspace.referential.channels, con)
    where = on_channels(after, question.where)
    asked = replace(question, kpis=(address,), by=(*own, *further), where=where, every=None, total=False, long=True)
    return Transitions(ask(workspace, asked, con), by, same_intent, tuple(after))


def check_channels(after: Sequence[str], known: Collection[str], con: duckdb.DuckDBPyConnection) -> None:
    """See that there are such channels.

    Args:
        known: those of the referential.

    Raises:
        OmnictlError: neither the referential nor the data have one; the hint names the nearest.
    """
    seen = {name for name in read_catalog(con).channels("interactions") if name is not None}
    for name in after:
        if name not in known and name not in seen:
            raise OmnictlError(f"there is no channel `{name}`", hint=did_you_mean(name, sorted({*known, *seen})))


def for_programs(found: Transitions) -> Table:
    """A row per place and next place: its share, the interactions it is made of, and those of the place."""
    sides = SIDES[found.by]
    table = found.answer.table
    kinds = {column.name: column for column in table.columns}
    figures = [name for name in FIGURES if name in kinds]
    columns = [Col(name) for name in (*sides, *(f"next_{name}" for name in sides))]
    columns += [replace(kinds[name], name=FIGURES[name], label="") for name in figures]
    rows = [(*row["left"], *row["next"], *(row[name] for name in figures)) for row in found.rows]
    return replace(table, columns=columns, rows=rows)


def for_people(found: Transitions, lang: str, *, counts: bool) -> Table:
    """A row per place, a column per next place and one for none; shares add up to 1, counts to the last column."""
    words = WORDS.get(lang, WORDS["en"])
    told = found.rows
    ahead = sorted({row["next"] for row in told if any(row["next"])}, key=_order)
    left = sorted({row["left"] for row in told}, key=_order)
    labels = _labels([*ahead, *left])
    kind = "count" if counts else "ratio"
    columns = [Col("left", "", words["from"])]
    for number, name in enumerate((*ahead, None)):  # numbered: a column's state is known by its name
        columns += [Col(f"next_{number}", kind, labels[name] if name else words["none"]), Col(f"next_{number}_state")]
    columns += [Col("of", "count", words["of"]), Col("of_state")]
    taken = "numerator" if counts else "value"
    rows = [(labels[side], *_row([row for row in told if row["left"] == side], ahead, taken)) for side in left]
    return replace(found.answer.table, columns=columns, rows=rows)


def _order(side: Side) -> tuple[tuple[bool, str], ...]:
    return tuple((name is None, name or "") for name in side)


def _labels(sides: Sequence[Side]) -> Mapping[Side, str]:
    """What a place is called: its solution where it has one, beside its channel where two channels have one of that
    name."""
    found: dict[Side, str] = {side: side[-1] or side[0] or "-" for side in sides}
    again = list(found.values())
    return {
        side: f"{text} ({side[0]})" if again.count(text) > 1 and len(side) > 1 and side[1] else text
        for side, text in found.items()
    }


def _row(told: Sequence[Mapping[str, Any]], ahead: Sequence[Side], taken: str) -> tuple[Any, ...]:
    """A place's figures, each with its state. What is not told never stands as 0."""
    cells: dict[Side | None, Mapping[str, Any]] = {row["next"] if any(row["next"]) else None: row for row in told}
    states = sorted({row["state"] for row in told if row["state"]})
    of = max((row["denominator"] or 0 for row in told), default=0)
    hidden = HIDDEN in states
    if not of and not hidden:
        return (*(None for _ in ahead for _ in "vs"), None, ", ".join(states) or None, of, None)
    found: list[Any] = []
    for each in (*ahead, None):
        row = cells.get(each, {taken: 0 if of else None, "state": None})
        found += [row[taken], row["state"] if row["state"] == HIDDEN else None]
    return (*found, of or None, None if of else HIDDEN)


def card(found: Transitions, window: str, timezone: str, lang: str) -> Iterator[str]:
    """What is counted, as lines that people read before the figures."""
    says = CARD.get(lang, CARD["en"])
    where = says["on"].format(", ".join(found.after)) if found.after else ""
    yield says["index"].format(where, address_of(found.by, found.same_intent))
    yield says["contact" if found.same_intent else "next"]
    links = OF_REPEAT.get(lang, OF_REPEAT["en"])[links_of(found.answer.definitions)]
    yield says["window"].format(window, timezone, links)
    names = [column.name for column in found.answer.table.columns]
    cells = [dict(zip(names, row, strict=True)) for row in found.answer.table.rows]
    if any(row["state"] == HIDDEN for row in cells):
        yield says["few"]
        return
    own, _ = cuts_of(found.by, found.same_intent)
    sums: dict[str, float] = {"denominator": 0, "unidentified": 0, "immature": 0}
    for name in sums:  # each stands beside every next place
        by_side: dict[Side, float] = {}
        for row in cells:
            side = tuple(row[cut] for cut in own)
            by_side[side] = max(by_side.get(side, 0), amount_of(row.get(name)))
        sums[name] = sum(by_side.values())
    yield says["coverage"].format(*(figure(amount, "count", lang) for amount in sums.values()), window)


CARD = {
    "en": {
        "index": "index:     inbound contacts and visits, from their end{0} ({1})",
        "on": "; on {0}",
        "next": "follow-up: the very next contact or visit of the same person; a hand-over within one exchange is none",
        "contact": "follow-up: the next inbound contact of the same person for the same intent; a hand-over is none",
        "window": "window:    {0}, {1}; {2}",
        "coverage": "coverage:  {0} of known people judged, {1} of nobody known; not judged: {2} whose {3} is not over",
        "few": "coverage:  in part about too few people to be told",
    },
    "fr": {
        "index": "index :      contacts entrants et visites, depuis leur fin{0} ({1})",
        "on": " ; par {0}",
        "next": "suite :      ce que fait ensuite la même personne ; un relais au sein d'un échange n'en est pas",
        "contact": "suite :      son contact entrant suivant pour le même motif ; un relais n'en est pas",
        "window": "fenêtre :    {0}, {1} ; {2}",
        "coverage": "couverture : {0} de personnes connues jugés, {1} d'inconnus ; {2} dont {3} n'est pas clos",
        "few": "couverture : en partie sur trop peu de personnes pour être dite",
    },
}
