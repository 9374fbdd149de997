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
    return bool(row[names.index("numerator")]) or row[names.index("next_channel")] is None


def for_people(answer: Answer, lang: str, *, counts: bool) -> Table:
    """A row per channel, a column per next channel and one for none; shares add up to 1, counts to the last column."""
    words = WORDS.get(lang, WORDS["en"])
    names = [column.name for column in answer.table.columns]
    told = [dict(zip(names, row, strict=True)) for row in answer.table.rows if _said(row, names)]
    ahead = sorted({row["next_channel"] for row in told if row["next_channel"] is not None})
    columns = [Col("channel", "", words["channel"])]
    columns += [Col(name, "count" if counts else "ratio", name) for name in ahead]
    columns += [Col("none", "count" if counts else "ratio", words["none"]), Col("of", "count", words["of"])]
    rows = []
    for channel in dict.fromkeys(row["channel"] for row in told):
        cells = {row["next_channel"]: row for row in told if row["channel"] == channel}
        of = max((row["denominator"] or 0 for row in cells.values()), default=0)
        if not of:
            states = {row["state"] for row in cells.values() if row["state"]}
            rows.append((channel, *(None for _ in ahead), ", ".join(sorted(states)) or None, of))
            continue
        taken = "numerator" if counts else "value"
        shares = [cells[each][taken] if each in cells else 0 for each in (*ahead, None)]
        rows.append((channel, *shares, of))
    return replace(answer.table, columns=columns, rows=rows)
