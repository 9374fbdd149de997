"""What an expression may name, and what it named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sqlglot import exp

from omnictl.glossary.expressions import Fault
from omnictl.glossary.parameters import Parameter
from omnictl.glossary.reach import Kind, Reach

if TYPE_CHECKING:
    from omnictl.glossary.varying import Moment
    from omnictl.glossary.window import Window

PARENT = "i"  # alias of the joined parent; own columns carry none
PERSON = "p"  # of the joined identity of the interaction
FOLLOWUP = "f"  # of what the same person did before and after it
KNOWN = "k"  # of the row's source: up to when it is complete
COST = "c"  # of what the rate card says of the interaction
LINKED = "identities.person_id"  # among what is needed: that people are linked
PRICED = "costs.cost"  # that rates cover the channel


class Typed(NamedTuple):
    """A rebuilt node and the kind of its values."""

    node: exp.Expression
    kind: Kind


@dataclass
class Scope:
    """What an expression may name, and what it named.

    Attributes:
        needs: own columns that must be filled for the expression to mean something: those outside coalesce.
        pardoned: columns whose NULL an `is null` gives a meaning.
        window: of the KPI whose expressions are read.
        families, as_seen: families of follow-ups that within() names, those as they are seen apart.
        shown: families whose columns are named.
        moment: what tells the day of a row; None where no value may depend on it.
        channels: those of the rows; None for any.
        at: the time that `hour`, `half_hour` and `weekday` are those of, where they stand alone; None: they cannot.
        daily: whether that time is a day.
    """

    reach: Reach | None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    needs: set[str] = field(default_factory=set)
    pardoned: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    window: Window | None = None
    families: set[str] = field(default_factory=set)
    as_seen: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    moment: Moment | None = None
    channels: tuple[str, ...] | None = None
    at: exp.Expression | None = None
    daily: bool = False
