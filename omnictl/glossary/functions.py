"""The functions an expression may call. Each is rebuilt from its checked arguments by one function here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from omnictl.errors import did_you_mean
from omnictl.glossary import clocks
from omnictl.glossary.expressions import DIALECT, constant, is_moment, spelled
from omnictl.glossary.scope import FOLLOWUP, LINKED, PARENT, Typed
from omnictl.glossary.watch import cut_off, family_of, followed_for, inside
from omnictl.relations.families import FAMILIES

if TYPE_CHECKING:
    from omnictl.glossary.guard import RowGuard
    from omnictl.glossary.reach import Named

CAST_TYPES = {
    **dict.fromkeys(("DECIMAL", "INT", "BIGINT", "DOUBLE"), "number"),
    "BOOLEAN": "boolean",
    "DATE": "date",
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMPNTZ"), "time"),
}
FUNCTIONS = (
    "count_if", "count", "sum", "quantile_cont", "percentile_cont", "kpi", "coalesce", "nullif", "least", "greatest",
    "abs", "round", "lower", "upper", "date_diff", "epoch", "interaction", "attribute", "within", *clocks.CALLED,
    "followed_for",
)  # fmt: skip

_ATTRIBUTE = re.compile(r"[A-Za-z0-9_ .-]{1,60}\Z")


def coalesce(guard: RowGuard, node: exp.Expression) -> Typed:
    guard.lenient += 1
    given = [node.this, *node.expressions]
    found = [guard.row(each) for each in given]
    guard.lenient -= 1
    kind = guard.one_kind(zip((each.kind for each in found), given, strict=True))
    return Typed(exp.Coalesce(this=found[0].node, expressions=[each.node for each in found[1:]]), kind)


def nullif(guard: RowGuard, node: exp.Expression) -> Typed:
    left, right = guard.row(node.this), guard.row(node.args["expression"])
    guard.comparable(left, right, node)
    return Typed(exp.Nullif(this=left.node, expression=right.node), left.kind)


def least(guard: RowGuard, node: exp.Expression) -> Typed:
    """NULL when any is NULL; DuckDB's own takes what is left, so an unknown wait would count as the cap."""
    given = [guard.of_kind(each, "number", "least and greatest") for each in (node.this, *node.expressions)]
    tests: exp.Expression | None = None
    for each in given:
        if constant(each) is None:
            test = exp.Is(this=each.copy(), expression=exp.null())
            tests = test if tests is None else exp.Or(this=tests, expression=test)
    found = type(node)(this=given[0], expressions=given[1:], ignore_nulls=True)
    if tests is None:
        return Typed(found, "number")
    built = exp.Case(ifs=[exp.If(this=tests, true=exp.null())], default=found)
    return guard.written_out(Typed(built, "number"), node)


def absolute(guard: RowGuard, node: exp.Expression) -> Typed:
    return Typed(exp.Abs(this=guard.of_kind(node.this, "number", "abs")), "number")


def rounded(guard: RowGuard, node: exp.Expression) -> Typed:
    decimals = node.args.get("decimals")
    digits = guard.of_kind(decimals, "number", "round") if decimals is not None else None
    if digits is not None and constant(digits) is None:
        return guard.fault("not-accepted", "the second value of round is a plain number", node)
    return Typed(exp.Round(this=guard.of_kind(node.this, "number", "round"), decimals=digits), "number")


def letters(guard: RowGuard, node: exp.Expression) -> Typed:
    return Typed(type(node)(this=guard.of_kind(node.this, "text", spelled(node))), "text")


def date_diff(guard: RowGuard, node: exp.Expression) -> Typed:
    unit = node.args.get("unit")
    if unit is None or unit.name.upper() != "SECOND":
        hint = "date_diff('second', …) / 60"
        return guard.fault("not-accepted", "date_diff counts seconds: other units count boundaries crossed", node, hint)
    later = guard.of_kind(node.this, "time", "date_diff")
    earlier = guard.of_kind(node.args["expression"], "time", "date_diff")
    built = exp.DateDiff(this=later, expression=earlier, unit=exp.var("SECOND"), date_part_boundary=True)
    return Typed(built, "number")


def epoch(guard: RowGuard, node: exp.Expression) -> Typed:
    """Seconds since 1970, as a decimal: a sum of doubles would differ from run to run."""
    time = guard.of_kind(node.this, "time", "epoch")
    return Typed(exp.cast(exp.TimeToUnix(this=time), "decimal(18, 3)"), "number")


def cast_(guard: RowGuard, node: exp.Expression) -> Typed:
    to = node.args["to"]
    name = to.this.name if hasattr(to.this, "name") else str(to.this)
    if name not in CAST_TYPES or any(not isinstance(each, exp.DataTypeParam) for each in to.expressions):
        hint = "decimal(18, 3), integer, bigint, double, boolean, date or timestamp"
        return guard.fault("not-accepted", f"a cast to {to.sql(DIALECT)} is not accepted", node, hint)
    inner = guard.row(node.this)
    kind = CAST_TYPES[name]
    if kind in ("time", "date"):
        if not (isinstance(inner.node, exp.Literal) and is_moment(inner.node.name)) and inner.kind not in (
            "time",
            "date",
        ):
            return guard.fault(
                "wrong-kind", "only a time written out can be cast to one", node, "timestamp '2026-11-20 08:30:00'"
            )
        return Typed(exp.cast(inner.node, "date" if kind == "date" else "timestamp", dialect=DIALECT), kind)
    # what cannot be cast becomes NULL, that is unknown: one stray cell must not stop a question
    return Typed(exp.TryCast(this=inner.node, to=to.copy(), safe=True), kind)


def anonymous(guard: RowGuard, node: exp.Expression) -> Typed:
    name = str(node.this).casefold()
    argument = node.expressions[0] if len(node.expressions) == 1 else None
    text = argument.name if isinstance(argument, exp.Literal) and argument.args.get("is_string") else None
    if name == "interaction":
        return _interaction(guard, node, text)
    if name == "attribute":
        return _attribute(guard, node, text)
    if name == "within":
        return within(guard, node)
    if name == "followed_for":
        return _followed_for(guard, node)
    if (found := clocks.called(guard, node)) is not None:
        return found
    if name == "kpi":
        return guard.fault("kpi-in-row", "kpi() stands for a whole figure: it cannot stand among columns", node)
    return guard.refused(node)


def _interaction(guard: RowGuard, node: exp.Expression, text: str | None) -> Typed:
    reach = guard.scope.reach
    if reach is None or reach.parent is None or reach.parent.name != "interactions":
        where = reach.relation.name if reach else "this"
        return guard.fault("no-interaction", f"a row of {where} belongs to no interaction", node)
    found = reach.find_in_parent(text) if text is not None else None
    if found is None:
        hint = did_you_mean(text or "", reach.parent.names)
        return guard.fault("unknown-column", f"interactions has no column `{text or ''}`", node, hint)
    return guard.named(found)


def _attribute(guard: RowGuard, node: exp.Expression, text: str | None) -> Typed:
    reach = guard.scope.reach
    found = reach.find("attributes") if reach else None
    if found is None or text is None or not _ATTRIBUTE.match(text):
        return guard.fault(
            "not-accepted", "attribute() takes the name of a field of `attributes`", node, "attribute('brand')"
        )
    column = exp.column("attributes", table=None if found.own else PARENT)
    return Typed(exp.JSONExtractScalar(this=column, expression=exp.Literal.string(f'$."{text}"')), "text")


def _followed_for(guard: RowGuard, node: exp.Expression) -> Typed:
    """Whether the data of the row's source reaches so many seconds beyond a time."""
    if len(node.expressions) != 2:
        hint = "followed_for(started_at, :answer_threshold)"
        return guard.fault("not-accepted", "followed_for() takes a time and a duration", node, hint)
    time = guard.of_kind(node.expressions[0], "time", "followed_for")
    return Typed(followed_for(time, guard.of_kind(node.expressions[1], "number", "followed_for")), "boolean")


def within(guard: RowGuard, node: exp.Expression) -> Typed:
    """Whether a family's other interaction exists and lies inside the KPI's window."""
    given = [each.name if isinstance(each, exp.Column) and not each.table else "" for each in node.expressions]
    if len(given) not in (1, 2) or not all(given) or given[1:] not in ([], ["as_seen"]):
        hint = "within(next_contact), or within(next_contact, as_seen) without waiting for the whole window"
        return guard.fault("not-accepted", "within() takes the name of a family of follow-ups", node, hint)
    family = given[0].casefold()
    reach = guard.scope.reach
    if reach is None or not reach.followed:
        where = reach.relation.name if reach else "this"
        hint = "on needs the window is their silence: resolved_first, closed" if where == "needs" else ""
        return guard.fault("no-interaction", f"nothing follows a row of {where}", node, hint)
    if family not in FAMILIES:
        hint = did_you_mean(family, FAMILIES)
        return guard.fault("unknown-family", f"there is no family of follow-ups `{family}`", node.expressions[0], hint)
    if guard.scope.window is None:
        return guard.fault("window-missing", "within() needs the KPI's `window`", node, "window: J+7, or 72 h")
    (guard.scope.as_seen if given[1:] else guard.scope.families).add(family)
    _need_what_tells(guard, family)
    return Typed(inside(guard.scope.window, family), "boolean")


def followed(guard: RowGuard, found: Named, node: exp.Expression) -> Typed:
    """A column of the person's other interaction: NULL outside the KPI's window. What is observed has none."""
    name = found.column.name
    family, rest = family_of(name) or ("", "")
    if guard.scope.window is None:
        message = f"`{name}` is what followed within a window: there is none here"
        return guard.fault("window-missing", message, node, "only KPIs with `window` know it")
    _need_what_tells(guard, family)
    if rest.startswith("observed"):
        return Typed(exp.column(name, table=FOLLOWUP), found.kind)
    guard.scope.shown.add(family)
    return Typed(cut_off(guard.scope.window, family, name), found.kind)


def _need_what_tells(guard: RowGuard, family: str) -> None:
    """Note what must be filled for a family to mean something: people, and the intent where it must be the same.

    Without any intent nothing follows for the same one, which says nothing of who comes back.
    """
    guard.scope.needs.add(LINKED)
    reach = guard.scope.reach
    if "intent" in FAMILIES[family].same and reach is not None and reach.relation.name == "interactions":
        guard.scope.needs.add("intent")
