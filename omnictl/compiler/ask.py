"""A question answered from a workspace's store, with the plan of an earlier call where there is one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from omnictl.compiler import kept
from omnictl.compiler.answer import Answer, answer
from omnictl.compiler.question import Question
from omnictl.glossary.layers import named_folders

if TYPE_CHECKING:
    import duckdb

    from omnictl.compiler.plan import Plan
    from omnictl.workspace import Workspace


@dataclass(frozen=True)
class Nowhere:
    """What a plan takes from a workspace, where there is none."""

    timezone: str = "UTC"
    language: str = "en"


def governed(question: Question, workspace: Workspace) -> Question:
    """A question under the workspace's rules: what it shows of people, when its years begin."""
    privacy = workspace.privacy
    return replace(question, floor=privacy.floor, agents=privacy.agents, fiscal=workspace.fiscal)


def ask(workspace: Workspace, question: Question, con: duckdb.DuckDBPyConnection) -> Answer:
    """Answer a question.

    Args:
        con: a reader of the workspace's published store.

    Raises:
        DefinitionError: a KPI, cut or condition that cannot be asked for, or a fault of the glossary.
        EngineError: the database refused.
    """
    planned = plan_for(workspace, question, con)
    return Answer(answer(planned, con), [kpi.details for kpi in planned.kpis])


def plan_for(workspace: Workspace, question: Question, con: duckdb.DuckDBPyConnection) -> Plan:
    """The plan of a question: a kept one, else a new one, which is kept."""
    question = governed(question, workspace)
    folder = workspace.store / kept.FOLDER
    glossary = kept.files_of(list(named_folders(workspace.glossary)))
    setting = repr((workspace.timezone, workspace.language, workspace.words_on_kpis, workspace.referential.shape))
    key = kept.key_of(question, kept.store_state(con), glossary, setting)
    found = kept.find(folder, key)
    if found is not None:
        return found
    # from here on the YAML and SQL parsers are needed
    from omnictl.compiler.catalog import read_catalog
    from omnictl.compiler.planner import plan
    from omnictl.glossary.house import house_glossary

    made = plan(question, house_glossary(workspace), workspace, read_catalog(con))
    kept.keep(folder, key, made)
    return made


def plan_without_data(workspace: Workspace | None, question: Question) -> Plan:
    """The plan of a question over a store of which nothing is known; outside of a workspace, the shipped glossary's.

    Raises:
        DefinitionError: as `ask`.
    """
    from omnictl.compiler.catalog import Catalog
    from omnictl.compiler.planner import plan
    from omnictl.glossary.glossary import load_glossary
    from omnictl.glossary.house import house_glossary

    if workspace is None:
        return plan(question, load_glossary(["standard"]), Nowhere(), Catalog())
    return plan(governed(question, workspace), house_glossary(workspace), workspace, Catalog())
