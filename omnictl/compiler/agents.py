"""Single agents, where a workspace tells agents apart no finer than by team."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from omnictl.compiler.dimensions import column_of
from omnictl.compiler.question import Question
from omnictl.errors import Finding


def refuse_agents(question: Question, conditions: Collection[str]) -> Iterator[Finding]:
    """What a question asks of single agents, where agents are told apart no finer than by team.

    Args:
        conditions: the columns that its condition names.
    """
    if question.agents == "agent":
        return
    hint = "ask by team; `privacy: {agents: agent}` in omnictl.yml lets agents be told apart"
    asked = [f"a cut by `{name}`" for name in question.by if _of_agent(column_of(name))]
    asked += [f"a condition on `{name}`" for name in sorted(conditions) if _of_agent(name)]
    for what in asked:
        yield Finding("agent-cut", f"{what} tells agents apart, and this workspace does so by team only", hint=hint)


def _of_agent(column: str) -> bool:
    return column.casefold() == "agent" or column.casefold().endswith("_agent")
