"""What an expression may name, and what it named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlglot import exp

from omnictl.glossary.expressions import Fault
from omnictl.glossary.kpi import Parameter
from omnictl.glossary.reach import Kind, Reach

PARENT = "i"  # alias of the joined parent; own columns carry none


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
    """

    reach: Reach | None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    needs: set[str] = field(default_factory=set)
    pardoned: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
