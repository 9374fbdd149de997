"""The relations: one file each, every column with its type, unit and meaning.

Everything that knows columns learns them here: the store's tables, `show`, the contract of connectors, the
compiler, the tracking plan and the reference page.
"""

from __future__ import annotations

from omnictl.relations.base import BASE
from omnictl.relations.candidates import CANDIDATES
from omnictl.relations.column import Column, Relation
from omnictl.relations.costs import COSTS
from omnictl.relations.decisions import DECISIONS
from omnictl.relations.followups import FOLLOWUPS
from omnictl.relations.identifiers import IDENTIFIERS
from omnictl.relations.identities import IDENTITIES
from omnictl.relations.interactions import INTERACTIONS
from omnictl.relations.levels import LEVELS
from omnictl.relations.needs import NEEDS
from omnictl.relations.offers import OFFERS
from omnictl.relations.person_changes import PERSON_CHANGES
from omnictl.relations.rejects import REJECTS
from omnictl.relations.runs import RUNS
from omnictl.relations.segments import SEGMENTS
from omnictl.relations.staffing import STAFFING
from omnictl.relations.stamps import STAMPS
from omnictl.relations.steps import STEPS
from omnictl.relations.surveys import SURVEYS

RELATIONS: dict[str, Relation] = {
    relation.name: relation
    for relation in (
        INTERACTIONS,
        SEGMENTS,
        STEPS,
        IDENTIFIERS,
        SURVEYS,
        DECISIONS,
        OFFERS,
        STAFFING,
        BASE,
        IDENTITIES,
        CANDIDATES,
        FOLLOWUPS,
        NEEDS,
        LEVELS,
        COSTS,
        PERSON_CHANGES,
        RUNS,
        REJECTS,
        STAMPS,
    )
}

OURS = frozenset(RELATIONS)  # plugins add more to RELATIONS

__all__ = ["OURS", "RELATIONS", "Column", "Relation"]
