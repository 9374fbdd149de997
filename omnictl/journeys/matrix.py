"""Where customers go next: the channel transition rate, cut by channel, as a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omnictl.compiler.ask import ask
from omnictl.journeys.people import check_linked
from omnictl.render import Col, Table

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler import Answer
    from omnictl.compiler.question import Question
    from omnictl.workspace import Workspace

KPI = "channel_transition_rate"
CUTS = ("channel", "next_channel")
HIDDEN = "hidden"  # the state of a figure about too few people
TAKEN = {"channel": "channel", "next_channel": "next_channel", "value": "share", "numerator": "interactions",
         "denominator": "of", "immature": "immature", "unidentified": "unidentified", "state": "state"}  # fmt: skip
WORDS = {
    "en": {"channel": "From", "none": "nothing", "of": "Interactions"},
    "fr": {"channel": "De", "none": "rien", "of": "Interactions"},
}


def matrix(workspace: Workspace, question: Question, window: str | None, con: duckdb.DuckDBPyConnection) -> Answer:
    """A row per channel and next channel, None for nothing within the window: the long answer of the KPI.

    Args:
        question: its period and condition are taken.
        window: another one than the KPI's own.

    Raises:
        OmnictlError: nobody has been linked.
        DefinitionError: a condition or a window that cannot be asked for.
    """
    check_linked(con)
    address = f"{KPI}:window={window}" if window else KPI
    return ask(workspace, replace(question, kpis=(address,), by=CUTS, every=None, total=False, long=True), con)


def for_programs(answer: Answer) -> Table:
    """A row per channel and next channel: its share, the interactions it is made of, and those of the channel."""
    names = [column.name for column in answer.table.columns]
    places = [names.index(name) for name in TAKEN if name in names]
    columns = [replace(answer.table.columns[place], name=TAKEN[names[place]], label="") for place in places]
    rows = [tuple(row[place] for place in places) for row in answer.table.rows if _said(row, names)]
    return replace(answer.table, columns=columns, rows=rows)


def _said(row: Sequence[Any], names: Sequence[str]) -> bool:
    """Whether a row says something: that nothing follows interactions nobody can judge yet says nothing."""
    told = row[names.index("numerator")], row[names.index("next_channel")] is None, row[names.index("state")] == HIDDEN
    return any(told)


def for_people(answer: Answer, lang: str, *, counts: bool) -> Table:
    """A row per channel, a column per next channel and one for none; shares add up to 1, counts to the last column."""
    words = WORDS.get(lang, WORDS["en"])
    names = [column.name for column in answer.table.columns]
    told = [dict(zip(names, row, strict=True)) for row in answer.table.rows if _said(row, names)]
    ahead = sorted({row["next_channel"] for row in told if row["next_channel"] is not None})
    kind = "count" if counts else "ratio"
    columns = [Col("channel", "", words["channel"])]
    for number, name in enumerate((*ahead, None)):  # numbered: a column's state is known by its name
        label = words["none"] if name is None else name
        columns += [Col(f"next_{number}", kind, label), Col(f"next_{number}_state")]
    columns += [Col("of", "count", words["of"]), Col("of_state")]
    rows = [
        _row(channel, [row for row in told if row["channel"] == channel], ahead, "numerator" if counts else "value")
        for channel in dict.fromkeys(row["channel"] for row in told)
    ]
    return replace(answer.table, columns=columns, rows=rows)


def _row(channel: Any, told: Sequence[dict[str, Any]], ahead: Sequence[Any], taken: str) -> tuple[Any, ...]:
    """A channel's figures, each with its state. What is not told never stands as 0."""
    cells = {row["next_channel"]: row for row in told}
    states = sorted({row["state"] for row in told if row["state"]})
    of = max((row["denominator"] or 0 for row in told), default=0)
    hidden = HIDDEN in states
    if not of and not hidden:
        return (channel, *(None for _ in ahead for _ in "vs"), None, ", ".join(states) or None, of, None)
    found: list[Any] = []
    for each in (*ahead, None):
        row = cells.get(each, {taken: 0 if of else None, "state": None})
        found += [row[taken], row["state"] if row["state"] == HIDDEN else None]
    return (channel, *found, of or None, None if of else HIDDEN)
