"""What an expression may be: known good ones pass, everything else is refused with its position."""

from __future__ import annotations

import pytest
from sqlglot import exp

from omnictl.glossary.expressions import DIALECT, Fault, parse_expression
from omnictl.glossary.guard import RowGuard
from omnictl.glossary.parts import PartGuard
from omnictl.glossary.reach import reach_of
from omnictl.glossary.scope import Scope

GOOD_ROWS = [
    "outcome = 'handled' and wait_s <= 20",
    "outcome in ('handled', 'abandoned') or not (wait_s between 5 and 20)",
    "coalesce(outcome, '') <> 'blocked'",
    "case when outcome = 'handled' then talk_s else 0 end > 10",
    "case channel when 'phone' then wait_s end >= 5",
    "queue like 'claims%' and lower(language) = 'fr'",
    "answered_at is not null and resolved is true and consent",
    "date_diff('second', queued_at, answered_at) <= 20",
    "epoch(answered_at) - epoch(queued_at) < 20.5",
    "abs(round(talk_s / 60, 1) - 3) < least(wait_s, 300)",
    "nullif(transfers, 0) is distinct from 2",
    "started_at >= '2026-01-01' and started_at < timestamp '2026-02-01 00:00:00'",
    "attribute('brand') = 'acme'",
    "try_cast(attribute('amount') as decimal(18, 3)) > 5",
    "if(wait_s > 5, true, false)",
    "OUTCOME = 'handled' /* said twice */",
]
GOOD_PARTS = [
    "count(*)",
    "count_if(outcome = 'handled')",
    "count(answered_at)",
    "sum(talk_s + coalesce(hold_s, 0)) filter (where outcome = 'handled')",
    "count(distinct interaction_id)",
    "quantile_cont(wait_s, 0.9)",
    "percentile_cont(0.5) within group (order by wait_s)",
    "2 * count(*) - count_if(consent) / 4",
    "-sum(value)",
    "kpi(calls_offered) + kpi('service_level@v5')",
]
HOSTILE = [
    "(select 1)", "exists (select 1 from interactions)", "outcome in (select secret from t2)",
    "1; drop table interactions",
    "1 from t union select 2", "1) from t; delete from t; select (1", "read_csv('/etc/passwd')", "getenv('HOME')",
    "query('select 1')", "current_setting('secret_directory')", "nextval('s')", "lpad('x', 2000000000, 'y')",
    "repeat('x', 1000000)", "printf('%2000000000d', 1)", "list_transform([1], lambda x: x)", "[1, 2]", "{'a': 1}",
    "row_number() over ()", "sum(wait_s) over ()", "string_agg(queue, ',')", "array_agg(queue)", "histogram(wait_s)",
    "avg(wait_s)", "min(wait_s)", "random() < 0.5", "now() > started_at", "current_date = started_at", "?", "$1",
    ":nowhere", "interactions.outcome = 'x'", "secret_column = 1", "_file = 1", "rowid = 1", "*", "outcome as x",
    "outcome, queue", "attributes -> 'x' = 'y'", "attributes['x']", "queue || team", "wait_s % 2 = 0",
    "wait_s // 2 > 1",
    "interval 1 day", "started_at + interval 1 day > answered_at", "cast(queue as json) is null",
    "queue similar to 'x'", "regexp_matches(queue, '(a+)+')", "queue ~ 'x'", "outcome = any(['x'])",
    "1e400 > wait_s", "wait_s > 0x10", "like_escape(queue, 'a', 'b')", "queue like 'a' escape 'b'",
    "count(*)", "count_if(wait_s > 1)", "kpi(answer_rate)", "interaction('queue')", "attribute(queue)",
    "attribute('a\"; drop')", "cast('now' as timestamp) > started_at", "from t select 1", "", "   ", "--", "/*", "'",
    "outcome = 'a' from t where (1=1", "(" * 300 + "1" + ")" * 300, "not " * 500 + "true", "1+" * 3000 + "1",
    "date_diff('hour', queued_at, answered_at) > 1", "date_trunc('day', started_at) = started_at", "uuid() = 'x'",
]  # fmt: skip
WRONG_KINDS = [
    ("wait_s > 'abc'", "number cannot be compared with a text"),
    ("outcome = 5", "text cannot be compared with a number"),
    ("outcome and consent", "a condition is expected"),
    ("wait_s", "a condition is expected"),
    ("started_at > 'soon'", "no time"),
    ("consent = 'true'", "boolean cannot be compared with a text"),
    ("answered_at - queued_at > 5", "does not take times"),
    ("case when consent then 1 else 'x' end = 1", "this is a text, the value before it a number"),
    ("talk_s / 0 > 1", "division by zero"),
    ("talk_s / wait_s > 1", "ratio of each row"),
]


def read_row(text: str) -> tuple[str | None, list[Fault]]:
    scope = Scope(reach_of("interactions"))
    tree = parse_expression(text, scope.faults)
    found = RowGuard(scope).condition(tree) if tree is not None else None
    return (found.sql(DIALECT, comments=False) if found is not None else None), scope.faults


def read_part(text: str) -> list[Fault]:
    scope = Scope(reach_of("interactions"))
    tree = parse_expression(text, scope.faults)
    if tree is not None:
        PartGuard(scope).part(tree)
    return scope.faults


@pytest.mark.parametrize("text", GOOD_ROWS)
def test_conditions_pass(text: str) -> None:
    sql, faults = read_row(text)
    assert faults == []
    assert sql is not None
    assert "/*" not in sql


@pytest.mark.parametrize("text", GOOD_PARTS)
def test_parts_pass(text: str) -> None:
    assert read_part(text) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_everything_else_is_refused_in_a_condition(text: str) -> None:
    _, faults = read_row(text)
    assert faults


@pytest.mark.parametrize("text", [text for text in HOSTILE if not text.startswith(("count", "kpi"))])
def test_everything_else_is_refused_in_a_part(text: str) -> None:
    assert read_part(text)
    assert read_part(f"count_if({text})")
    assert read_part(f"sum(wait_s) filter (where {text})")


@pytest.mark.parametrize(("text", "said"), WRONG_KINDS)
def test_kinds_that_do_not_fit(text: str, said: str) -> None:
    _, (fault, *_) = read_row(text)
    assert said in fault.message


@pytest.mark.parametrize(
    ("text", "meant", "hint"),
    [
        ("queue = 'x' and wiat_s > 5", "wiat_s", "did you mean `wait_s`?"),
        ("coalesc(outcome, '') = ''", "coalesc", "did you mean `coalesce`?"),
        ("queue = 'x' or (selct = 1)", "selct", ""),
        ("outcome = 'x' queue", "queue", ""),
    ],
)
def test_a_fault_tells_where_it_is(text: str, meant: str, hint: str) -> None:
    _, (fault, *_) = read_row(text)
    assert text[fault.offset : fault.offset + fault.width] == meant
    assert hint in fault.hint


def test_all_faults_of_an_expression_are_told_at_once() -> None:
    _, faults = read_row("wiat_s > 5 and outcom = 'x' and foo(queue)")
    assert [fault.code for fault in faults] == ["unknown-column", "unknown-column", "not-accepted"]


def test_an_unfinished_expression_says_so() -> None:
    _, (fault,) = read_row("count_if(outcome = 'x'")
    assert "ends too early" in fault.message
    assert "`)` is missing" in fault.message


def test_least_of_an_unknown_is_unknown() -> None:
    """DuckDB's least ignores NULL: an unknown wait would count as the cap."""
    import duckdb

    sql, _ = read_row("least(wait_s, 300) > 200")
    con = duckdb.connect()
    assert con.execute(f"select {sql} from (select null::decimal(18,3) as wait_s)").fetchall() == [(None,)]
    assert con.execute(f"select {sql} from (select 999 as wait_s)").fetchall() == [(True,)]


def test_what_runs_is_what_was_understood_on_every_column() -> None:
    """Every column of every relation can be named, whatever words SQL reserves."""
    import duckdb

    from omnictl.relations import RELATIONS

    con = duckdb.connect()
    for relation in RELATIONS.values():
        columns = ", ".join(f'"{column.name}" {column.type}' for column in relation.columns)
        con.execute(f"create table {relation.name} ({columns})")
        if relation.written_by != "connector":
            continue
        for column in relation.columns:
            scope = Scope(reach_of(relation.name))
            tree = parse_expression(f"{column.name} is null", scope.faults)
            assert tree is not None
            found = RowGuard(scope).condition(tree)
            assert scope.faults == []
            for each in found.find_all(exp.Column):
                each.set("table", exp.to_identifier(each.table or "r"))
            joined = "" if relation.name == "interactions" else "left join interactions as i on true"
            con.execute(f"select {found.sql(DIALECT)} from {relation.name} as r {joined}")
