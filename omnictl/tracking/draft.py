"""A first tracking.yml, drafted from what a store holds: the KPIs its data can answer, and how full its columns are.

A draft is to be reviewed: what only people know (who asks, what is decided) stands in it as comments.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from omnictl.glossary.layers import STANDARD
from omnictl.tracking.checks.check import check
from omnictl.tracking.coverage.covering import Covering
from omnictl.tracking.grammar import NULLS
from omnictl.tracking.lints import unused_personal
from omnictl.tracking.plan import IDENTIFIER

if TYPE_CHECKING:
    import duckdb

    from omnictl.glossary.glossary import Glossary
    from omnictl.tracking.checks.finding import DataFinding
    from omnictl.tracking.plan import Plan
    from omnictl.workspace import Workspace

HEAD = """\
# A tracking plan, drafted from {origin}. Review it: keep the questions that somebody asks, and say who and why.
# `omnictl tracking plan` writes it out, `omnictl tracking check` holds the data to it.
plan:
  id: {id}
  version: 0.1.0
  # owner: who answers for the plan
{channels}
# naming: {{events: "{{channel}}_{{object}}_{{action}}", style: snake_case, max_length: 64}}
"""
OWN = "own"  # the family of KPIs that lie in no folder of their own


@dataclass(frozen=True)
class Draft:
    """A drafted plan: its text, and how many KPIs it asks."""

    text: str
    kpis: int


def draft(workspace: Workspace, connection: duckdb.DuckDBPyConnection | None, now: datetime) -> Draft:
    """The text of a tracking.yml that loads and that the data keep to.

    Args:
        connection: a reader of the store; None: from what mappings promise.
        now: the present moment, naive UTC.

    Raises:
        DefinitionError: the workspace or its glossary has faults.
    """
    covering = Covering(workspace, connection, now)
    answered = {
        line.kpi
        for line in covering.coverage().lines
        if not line.cut and not line.channel and line.state in ("computable", "degraded") and line.rows != 0
    }
    origin = "what the store holds" if connection is not None else "what the sources promise"
    parts = [HEAD.format(origin=origin, id=covering.plan.id, channels=_channels(covering))]
    parts += ["", *_needs(covering.glossary, answered)] if answered else [_NO_NEED]
    parts += _purposes(covering.plan)
    if connection is not None:
        found = check(workspace, covering.plan, connection, now, file=covering.file).findings
        parts += _events(covering.plan, found)
    return Draft("\n".join(part.rstrip("\n") for part in parts) + "\n", len(answered))


def _channels(covering: Covering) -> str:
    """The channels that the store has, where a source does not say its own: plans are made without data."""
    told = [source.channels for source in covering.plan.sources.values() if source.events]
    held = covering.channels if covering.held is not None else []
    return f"  channels: [{', '.join(held)}]  # those that the data have\n" if held and not all(told) else ""


_NO_NEED = """
# No KPI of the glossary can be answered yet: `omnictl tracking coverage` says why.
# needs:
#   - id: how-long-they-wait
#     question: {en: How long do customers wait?, fr: Combien de temps les clients attendent-ils ?}
#     decision: Staff the half-hours that miss their target.
#     asked_by: operations
#     kpis: [service_level, abandonment_rate]
#     by: [channel, queue]
#     every: day
"""


def _needs(glossary: Glossary, answered: Iterable[str]) -> Iterator[str]:
    """One need per family of KPIs, asked with the question of its first one."""
    families: dict[str, list[str]] = {}
    known = _families(glossary)
    for name in sorted(answered):
        families.setdefault(known.get(name, OWN), []).append(name)
    yield "needs:"
    for family, names in sorted(families.items()):
        question = glossary.resolve(names[0]).question
        yield f"  - id: {family}"
        yield f"    question: {_texts(question) if question else _text(family)}"
        yield "    # decision: what is decided with the answer"
        yield "    # asked_by: who asks"
        yield f"    kpis: [{', '.join(names)}]"
        yield "    # by: [channel, intent]"


def _families(glossary: Glossary) -> dict[str, str]:
    """KPI → the folder its file lies in; of the shipped ones that is the family."""
    found: dict[str, str] = {}
    for layer in glossary.layers:
        for file in layer.files:
            folder = Path(file.path).parent
            name = folder.name if folder != Path(layer.folder) or layer.name == STANDARD else OWN
            found |= dict.fromkeys(file.names or (), _plain(name))
    return found


def _plain(name: str) -> str:
    found = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.casefold()).strip("-")
    return found if found[:1].isalpha() else f"{OWN}-{found}".rstrip("-")


def _purposes(plan: Plan) -> Iterator[str]:
    """Personal data that no KPI needs, for somebody to justify or to leave out."""
    unused = {
        column if column.startswith(IDENTIFIER) else f"{relation}.{column}": None
        for _, relation, column in unused_personal(plan)
    }
    if unused:
        yield ""
        yield "# Personal data that no KPI above needs: say what they serve, or leave them out of the sources."
        yield "# purposes:"
        for column in unused:
            yield f"#   {column.replace('.', '-')}: {{text: why it is kept, columns: [{column}]}}"


def _events(plan: Plan, found: Iterable[DataFinding]) -> Iterator[str]:
    """How many rows lack what KPIs need, where that is more than a plan tolerates unless it says so."""
    lacking: dict[str, dict[str, float]] = {}
    for each in found:
        if each.code == "property-nulls" and each.share is not None:
            column = each.about.column
            columns = lacking.setdefault(each.about.event, {})
            columns[column] = max(columns.get(column, 0.0), each.share)
    if lacking:
        yield ""
        yield f"# Columns that more than {float(NULLS):.0%} of the rows lack today: tolerated until it is mended."
        yield "events:"
        for event in plan.events:
            yield from _event(event.id, lacking.get(event.id, {}))


def _event(name: str, lacking: Mapping[str, float]) -> Iterator[str]:
    if lacking:
        yield f"  {name}:"
        yield "    properties:"
    for column, share in lacking.items():
        yield f"      {column}: {{nulls: {min(100, math.ceil(share * 100))}%}}  # {share:.1%} lack it"


def _texts(texts: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{language}: {_text(text)}" for language, text in texts.items()) + "}"


def _text(text: str) -> str:
    """A text as YAML takes it, quoted: JSON's quoting is YAML's too."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)
