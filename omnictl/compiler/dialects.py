"""The SQL of a question in the words of another engine.

The text is parsed, changed where engines mean different things by one word, and written anew; then parsed once more in
the dialect it was written in. Texts for Spark have been run and their rows compared with DuckDB's; one that is made of
the same kinds of nodes needs no warning. Every other text says in its first line that it was not verified.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError

from omnictl.errors import EngineError
from omnictl.glossary.expressions import DIALECT

UNVERIFIED = "-- compiled, not verified"
DIALECTS = (DIALECT, "spark", "databricks", "postgres", "trino", "snowflake", "bigquery", "clickhouse")
SPARKS = ("spark", "databricks")
# kinds of nodes in the texts that were run on Spark 4.3 and gave DuckDB's rows; casts to other types differ (whole
# numbers are rounded here and cut there) or were not tried
COMPARED = frozenset((
    "Abs", "Add", "Alias", "And", "ArrayAgg", "Between", "Boolean", "CTE", "Case", "Cast", "Coalesce", "Column",
    "Count", "CountIf", "DataType", "DataTypeParam", "DateDiff", "Distinct", "Div", "EQ", "Explode", "Filter",
    "From", "GT", "GTE", "GenerateSeries", "Greatest", "Group", "ILike", "Identifier", "If", "In", "IntDiv", "Is",
    "JSONExtractScalar", "JSONPath", "JSONPathKey", "JSONPathRoot", "Join", "LT", "LTE", "Least", "Like", "Literal",
    "Lower", "Max", "Mul", "NEQ", "Neg", "Not", "Null", "Nullif", "Or", "Order", "Ordered", "Paren",
    "PercentileCont", "Round", "Select", "Star", "Sub", "Subquery", "Sum", "Table", "TableAlias", "TimeToUnix",
    "TryCast", "Union", "Upper", "Var", "Where", "With",
))  # fmt: skip
COMPARED_CASTS = ("DECIMAL", "DOUBLE", "TEXT", "VARCHAR", "TIMESTAMP", "DATE")
SPARK_SETTING = "-- times are UTC without zone: run it with spark.sql.session.timeZone=UTC"


@dataclass(frozen=True)
class Translation:
    """A text in a dialect, and what its writer says cannot be said there."""

    sql: str
    remarks: tuple[str, ...] = ()


def translated(sql: str, dialect: str) -> Translation:
    """The SQL of a plan in another dialect, with the lines of comment it needs.

    Args:
        dialect: one of `DIALECTS`; the text of DuckDB's own is left as it is.

    Raises:
        EngineError: the dialect cannot say it.
    """
    if dialect == DIALECT:
        return Translation(sql)
    tree = sqlglot.parse_one(sql, read=DIALECT)
    head = [] if dialect == "spark" and _compared(tree) else [UNVERIFIED]
    change = _spark if dialect in SPARKS else _other
    inside_first = [node for node in tree.walk() if isinstance(node, exp.Expression)][::-1]
    for node in inside_first:
        if isinstance(node, exp.CTE) and dialect != "postgres":  # no other knows the word
            node.set("materialized", None)
        new = change(node, dialect)
        if new is not node:
            node.replace(new)
    with _Remarks() as remarks:
        text = tree.sql(dialect, pretty=True, comments=False, unsupported_level=ErrorLevel.WARN)
    try:
        sqlglot.parse_one(text, read=dialect)
    except SqlglotError as error:
        words = error.errors[0]["description"] if isinstance(error, ParseError) and error.errors else str(error)
        raise EngineError(f"this question cannot be said in {dialect}: {words}") from error
    if dialect in SPARKS:
        head.append(SPARK_SETTING)
    return Translation("\n".join([*head, text]), tuple(dict.fromkeys(remarks.said)))


def _compared(tree: exp.Expr) -> bool:
    """Whether a text holds nothing but what was run on both engines."""
    for node in tree.walk():
        if type(node).__name__ not in COMPARED:
            return False
        if isinstance(node, exp.Cast) and node.to.sql(DIALECT).partition("(")[0] not in COMPARED_CASTS:
            return False
    return True


def _spark(node: exp.Expression, dialect: str) -> exp.Expression:
    if isinstance(node, exp.PercentileCont) and node.expression:
        # written as percentile_cont … within group, it would become an approximate one
        return exp.Anonymous(this="percentile", expressions=[node.this, node.expression])
    if isinstance(node, exp.DateDiff) and node.text("unit").upper() == "SECOND":
        # DuckDB counts the seconds begun between two times, Spark the whole ones that passed
        return exp.Paren(this=exp.Sub(this=_seconds(node.this), expression=_seconds(node.expression)))
    if isinstance(node, exp.TimeToUnix):
        micros = exp.Anonymous(this="unix_micros", expressions=[_instant(node.this)])
        return exp.Paren(this=exp.Div(this=exp.cast(micros, "double"), expression=exp.Literal.number("1000000")))
    return node


def _other(node: exp.Expression, dialect: str) -> exp.Expression:
    if isinstance(node, exp.PercentileCont) and node.expression:
        return _percentile(node.this, node.expression, dialect)
    if isinstance(node, exp.Not) and (judged := _is_false(node.this)) is not None:
        # some have no `is false` and would negate twice, which makes unknown of what is not false
        return exp.Coalesce(this=judged.copy(), expressions=[exp.true()])
    return node


def _is_false(node: exp.Expression) -> exp.Expression | None:
    """What is tested by `… is false`."""
    while isinstance(node, exp.Paren):
        node = node.this
    found = isinstance(node, exp.Is) and isinstance(node.expression, exp.Boolean) and not node.expression.this
    return node.this if found else None


def _percentile(values: exp.Expression, share: exp.Expression, dialect: str) -> exp.Expression:
    if dialect == "clickhouse":
        return exp.CombinedParameterizedAgg(
            this="quantileExactInclusive", params=[values.copy()], expressions=[share.copy()]
        )
    order = exp.Order(expressions=[exp.Ordered(this=values.copy())])
    return exp.WithinGroup(this=exp.PercentileCont(this=share.copy()), expression=order)


def _seconds(time: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this="unix_seconds", expressions=[_instant(time)])


def _instant(time: exp.Expression) -> exp.Expression:
    return exp.Cast(this=time.copy(), to=exp.DataType.build("timestampltz"))


class _Remarks(logging.Handler):
    """Keeps what sqlglot says of things a dialect lacks, instead of letting it reach stderr."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())

    def __enter__(self) -> _Remarks:
        logger = logging.getLogger("sqlglot")
        self._before = logger.propagate
        logger.propagate = False
        logger.addHandler(self)
        return self

    def __exit__(self, *exc: Any) -> None:
        logger = logging.getLogger("sqlglot")
        logger.propagate = self._before
        logger.removeHandler(self)
