"""What an expression may come out as: against DuckDB on every combination of known and unknown columns."""

from __future__ import annotations

from itertools import product

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from omnictl.compiler.nulls import outcomes
from omnictl.glossary.expressions import DIALECT, parse_expression
from omnictl.glossary.guard import RowGuard
from omnictl.glossary.reach import reach_of
from omnictl.glossary.scope import Scope

CON = duckdb.connect()
CELLS = {"wait_s": ["1", "9", "null"], "queue": ["'a'", "'b'", "null"], "consent": ["true", "false", "null"]}
NULLNESS = ("never", "maybe", "always")

numbers = st.recursive(
    st.sampled_from(["wait_s", "5", "talk_s"]).map(lambda text: text.replace("talk_s", "wait_s * 2")),
    lambda inner: st.one_of(
        st.builds("({} + {})".format, inner, inner),
        st.builds("coalesce({}, {})".format, inner, inner),
        st.builds("least({}, {})".format, inner, inner),
        st.builds("nullif({}, {})".format, inner, inner),
        st.builds("case when queue = 'a' then {} end".format, inner),
    ),
    max_leaves=4,
)
conditions = st.recursive(
    st.one_of(
        st.sampled_from(["consent", "queue = 'a'", "queue in ('a', 'c')", "queue like 'a%'", "true", "queue is null"]),
        st.builds("{} > {}".format, numbers, numbers),
        st.builds("{} between 2 and {}".format, numbers, numbers),
        st.builds("{} in (5, {})".format, numbers, numbers),
        st.builds("{} is not null".format, numbers),
    ),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("({}) is true".format, inner),
        st.builds("coalesce({}, {})".format, inner, inner),
        st.builds("case when {} then {} when {} then {} else {} end".format, inner, inner, inner, inner, inner),
        st.builds("case when {} then {} end".format, inner, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(conditions, st.tuples(*(st.sampled_from(NULLNESS) for _ in CELLS)))
def test_every_real_outcome_is_foreseen(text: str, nullness: tuple[str, ...]) -> None:
    scope = Scope(reach_of("interactions"))
    parsed = parse_expression(text, scope.faults)
    assert parsed is not None, scope.faults
    tree = RowGuard(scope).condition(parsed)
    assert scope.faults == []
    known = dict(zip(CELLS, nullness, strict=True))

    def of(column: exp.Expression) -> str:
        return known[column.name]

    foreseen = {"V": "TF"}
    found = set("".join(foreseen.get(each, each) for each in outcomes(tree, of)))
    allowed = [
        [cell for cell in cells if known[name] == "maybe" or (cell == "null") == (known[name] == "always")]
        for name, cells in CELLS.items()
    ]
    rows = ", ".join(f"({', '.join(row)})" for row in product(*allowed))
    types = "wait_s::decimal(18, 3) as wait_s, queue::varchar as queue, consent::boolean as consent"
    query = (
        f"select distinct {tree.sql(DIALECT)} from (select {types} from (values {rows}) as v(wait_s, queue, consent))"
    )
    real = {{True: "T", False: "F", None: "N"}[value] for (value,) in CON.execute(query).fetchall()}
    assert real <= found
