"""Expressions as trees: SQL text in, one parsed expression out, with the position of whatever is wrong in it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

MAX_CHARACTERS = 4_000
MAX_BRACKETS = 40
MAX_NODES = 400
DIALECT = "duckdb"

_PREFIX = "select "

logging.getLogger("sqlglot").addHandler(logging.NullHandler())  # a statement it gives up on is refused, not remarked on


@dataclass(frozen=True)
class Fault:
    """What is wrong with an expression. `offset` counts its characters from 0."""

    code: str
    message: str
    offset: int = 0
    width: int = 1
    hint: str = ""


def parse_expression(text: str, faults: list[Fault]) -> exp.Expression | None:
    """The one expression a text holds; None after noting why there is none. The tree is read, never changed: variants
    share most of their texts, and each is parsed once."""
    if len(text) > MAX_CHARACTERS or text.count("(") > MAX_BRACKETS:
        limit = f"{MAX_CHARACTERS:,} characters and {MAX_BRACKETS} brackets"
        faults.append(Fault("expression-too-large", f"an expression has at most {limit}"))
        return None
    found = _parsed(text)
    if isinstance(found, Fault):
        faults.append(found)
        return None
    return found


@lru_cache(maxsize=2048)
def _parsed(text: str) -> exp.Expression | Fault:
    try:
        trees = parse(f"{_PREFIX}{text}\nfrom t", read=DIALECT)
    except SqlglotError as error:
        return _syntax(error, text)
    except RecursionError:
        return Fault("expression-too-large", "the expression is nested too deeply")
    select = trees[0] if len(trees) == 1 else None
    source = select.args.get("from_") if isinstance(select, exp.Select) else None
    other = {key for key, value in select.args.items() if value} - {"expressions", "from_", "kind"} if select else set()
    table = source.this if source is not None else None
    if not isinstance(select, exp.Select) or other or not isinstance(table, exp.Table) or table.sql() != "t":
        return Fault("not-an-expression", "an expression is expected, not a statement")
    found = select.expressions
    if not found:
        return Fault("not-an-expression", "an expression is missing")
    if len(found) != 1 or isinstance(found[0], (exp.Alias, exp.Star)):
        surplus = found[0].args["alias"] if len(found) == 1 and isinstance(found[0], exp.Alias) else found[-1]
        message = "one expression is expected"
        return Fault("not-an-expression", message, *position(surplus), "no `,`, no `*` and no `as` stand alone")
    if sum(1 for _ in found[0].walk()) > MAX_NODES:
        return Fault("expression-too-large", f"an expression has at most {MAX_NODES} terms")
    expression: exp.Expression = found[0]
    for each in expression.find_all(exp.Placeholder):  # the parser does not say where these stand
        if (start := text.find(f":{each.name}")) >= 0:
            each.meta.update(start=start + len(_PREFIX), end=start + len(_PREFIX) + len(each.name))
    return expression


def _syntax(error: SqlglotError, text: str) -> Fault:
    details = getattr(error, "errors", None)
    if not details:
        return Fault("expression-syntax", "a quote or a comment is not closed", max(0, text.rfind("'")))
    first = details[0]
    lines = f"{_PREFIX}{text}\nfrom t".split("\n")
    line = int(first.get("line") or 1)
    token = str(first.get("highlight") or "")
    end = sum(len(each) + 1 for each in lines[: line - 1]) + int(first.get("col") or 1)
    offset = end - len(token) - len(_PREFIX)
    if offset >= len(text):
        missing = ": a `)` is missing" if text.count("(") > text.count(")") else ""
        return Fault("expression-syntax", f"the expression ends too early{missing}", len(text.rstrip()))
    return Fault("expression-syntax", f"`{token}` is not understood here", max(0, offset), len(token))


def position(node: exp.Expression) -> tuple[int, int]:
    """Offset and width of a node in the text it was parsed from: those of its first positioned part."""
    starts = [(int(each.meta["start"]), int(each.meta["end"])) for each in node.walk() if "start" in each.meta]
    if not starts:
        return 0, 1
    own = (int(node.meta["start"]), int(node.meta["end"])) if "start" in node.meta else min(starts)
    return max(0, own[0] - len(_PREFIX)), own[1] - own[0] + 1


def spelled(node: exp.Expression) -> str:
    """How a refused form is called in a message."""
    if isinstance(node, exp.ArrayOverlaps):
        return "`&&`"
    if isinstance(node, exp.Anonymous):
        return f"{str(node.this).lower()}()"
    if isinstance(node, exp.Func):
        return f"{node.sql_name().lower()}()"
    names: dict[type, str] = {
        exp.Subquery: "a sub-query", exp.Select: "a sub-query", exp.Exists: "a sub-query", exp.Window: "a window",
        exp.Lambda: "a lambda", exp.Array: "a list", exp.Struct: "a struct", exp.Star: "`*`", exp.DPipe: "`||`",
        exp.Interval: "an interval", exp.Bracket: "`[]`", exp.Mod: "`%`", exp.IntDiv: "`//`",
    }  # fmt: skip
    return names.get(type(node), f"`{node.sql(DIALECT)[:40]}`")


def constant(node: exp.Expression) -> Decimal | None:
    """The number a node is, None when it is no plain number."""
    if isinstance(node, exp.Paren):
        return constant(node.this)
    if isinstance(node, exp.Neg):
        inner = constant(node.this)
        return None if inner is None else -inner
    if isinstance(node, exp.Literal) and not node.args.get("is_string"):
        return Decimal(node.name)
    return None


def number_node(value: Decimal) -> exp.Expression:
    """A number as a node; negative ones are wrapped, so that `- -1` never becomes a comment."""
    literal = exp.Literal.number(format(abs(value), "f"))
    return exp.Paren(this=exp.Neg(this=literal)) if value < 0 else literal


def is_moment(text: str) -> bool:
    """Whether a text is a day or a time without a zone."""
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False
