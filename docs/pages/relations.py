"""relations.md: every relation, every column."""

from __future__ import annotations

from collections.abc import Iterable

from omnictl.relations import RELATIONS, Relation
from omnictl.relations.column import CHANNELS, OUTCOMES

HEAD = """\
# Relations

Times are UTC. Durations and money are decimals with three digits. Unknown is NULL, never 0 or an empty text.
*Needed* columns are never NULL: a record that cannot fill them is a reject, unless the column has a default.
*Personal* columns are shown and exported with `--personal` only. A mapping in `omnictl.yml` fills the columns;
`source` is filled by omnictl.
"""


def page() -> str:
    return "\n".join([HEAD, *map(_relation, RELATIONS.values()), _channels(), _outcomes()])


def _relation(relation: Relation) -> str:
    lines = [f"## {relation.name}\n", f"One row is {relation.one_row_is}. Key: {_codes(relation.key)}.\n"]
    if relation.at:
        lines.append(f"Placed in time by `{relation.at}`.\n")
    if relation.written_by == "omnictl":
        lines.append("Written by omnictl; no source fills it.\n")
    lines += ["| column | type | unit | meaning | |", "| --- | --- | --- | --- | --- |"]
    for column in relation.columns:
        marks = ["needed"] if column.required else []
        if column.default is not None:
            marks.append(f"default `{column.default}`" if column.default else "default: an empty text")
        if column.personal:
            marks.append("personal")
        meaning = column.meaning.replace("|", "\\|")
        if column.among:
            meaning += " (" + _codes(value or "''" for value in column.among) + ")"
        lines.append(f"| `{column.name}` | {column.type} | {column.unit} | {meaning} | {', '.join(marks)} |")
    return "\n".join(lines) + "\n"


def _channels() -> str:
    lines = ["## Channels\n", "Other channels are kept and reported; the referential can declare them.\n"]
    lines += ["| channel | mode | kind |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {mode} | {kind} |" for name, (mode, kind) in CHANNELS.items()]
    return "\n".join(lines) + "\n"


def _outcomes() -> str:
    known = _codes(OUTCOMES)
    return f"## Outcomes\n\n{known}. Any other text gives NULL and is counted; `outcome_detail` keeps the tool's own.\n"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
