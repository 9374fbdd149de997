"""What a mapping makes of one field, where it can be said without its SQL: a format of times, or a list of codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import sqlglot
from sqlglot import exp


@dataclass(frozen=True)
class Conversion:
    """What becomes of the values of one field of a tool.

    Attributes:
        format: of times, as strptime has it; '' where codes are told.
        values: the tool's codes, and what each becomes.
        rest: what becomes of others: `same` as they are, `lower` in small letters, '' nothing.
    """

    format: str = ""
    values: tuple[tuple[str, str], ...] = ()
    rest: Literal["", "same", "lower"] = ""


def conversion(expression: str) -> Conversion | None:
    """What an expression of a mapping does with its one field; None where only the expression says it."""
    try:
        tree = sqlglot.parse_one(expression, dialect="duckdb")
    except sqlglot.ParseError:
        return None
    if isinstance(tree, exp.StrToTime) and isinstance(tree.this, exp.Column):
        return _format(expression, tree)
    if isinstance(tree, exp.Lower) and isinstance(tree.this, exp.Column):
        return Conversion(rest="lower")
    if isinstance(tree, exp.Case) and isinstance(tree.this, exp.Column):
        return _codes(tree)
    return None


def _format(expression: str, tree: exp.StrToTime) -> Conversion | None:
    """The format as it was written: the parser turns it into its own."""
    written = expression.rpartition(",")[2].strip().removesuffix(")").strip()
    plain = len(written) > 2 and written[0] == written[-1] == "'" and "'" not in written[1:-1]
    return Conversion(format=written[1:-1]) if plain and isinstance(tree.args.get("format"), exp.Literal) else None


def _codes(tree: exp.Case) -> Conversion | None:
    default = tree.args.get("default")
    lower = isinstance(default, exp.Lower) and default.this == tree.this
    if default is not None and default != tree.this and not lower and not isinstance(default, exp.Null):
        return None
    pairs = [(each.this, each.args["true"]) for each in tree.args.get("ifs", ())]
    if not all(isinstance(side, (exp.Literal, exp.Boolean)) for pair in pairs for side in pair):
        return None
    values = tuple((_text(old), _text(new)) for old, new in pairs)
    return Conversion(values=values, rest="lower" if lower else "same" if default == tree.this else "")


def _text(node: exp.Expression) -> str:
    return node.name if isinstance(node, exp.Literal) else node.sql().lower()
