"""What queues, pages, menu nodes and wrap-up codes mean: the match rules of the referential, applied to data.

For each of intent, solution and business line, the first rule of the list that hits and gives one counts; what the
export gives itself stays. Rules are tried on distinct values, not on rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted
from omnictl.ingest.mapping import USED
from omnictl.referential import MatchRule, Referential

if TYPE_CHECKING:
    import duckdb

GIVES = ("intent", "solution", "business_line")
PAGE_TYPES = ("page", "article")  # types of steps whose object is a page


@dataclass(frozen=True)
class Meanings:
    """How rows get their meaning: the SQL of intent, intent_source, solution and business_line over the landed table
    `l` with `joins`. A column is absent where nothing can fill it."""

    joins: list[str]
    columns: dict[str, str]


def rules_for(referential: Referential, source: str) -> list[MatchRule]:
    """The rules that may apply to a source, in order."""
    return [rule for rule in referential.match if rule.source in (None, source)]


def match_values(
    connection: duckdb.DuckDBPyConnection, table: str, rules: Sequence[MatchRule], inputs: Mapping[str, str]
) -> list[str]:
    """Make a temporary table `meaning_<key>` for each key that has rules and an input: value and, per thing a rule
    gives, the number of the first rule that hits.

    Args:
        table: the landed table.
        inputs: the SQL of each key's value over the landed table `l`.

    Returns:
        The keys a table was made for.
    """
    made = []
    for key, value in inputs.items():
        numbered = [(number, rule) for number, rule in enumerate(rules) if rule.key == key]
        if not numbered:
            continue
        hits = ", ".join(f"{_first_hit(numbered, given)} as {given}_rule" for given in GIVES)
        connection.execute(
            f"""
            create or replace temp table meaning_{key} as
            select value, {hits}
            from (select distinct {value} as value from {table} l where l._fate = {USED})
            where value is not null
            """
        )
        made.append(key)
    return made


def _first_hit(numbered: list[tuple[int, MatchRule]], given: str) -> str:
    cases = [
        f"when regexp_matches(value, {quoted(rule.regex)}) then {number}"
        for number, rule in numbered
        if getattr(rule, given) is not None
    ]
    return f"case {' '.join(cases)} end::integer" if cases else "null::integer"


def meanings(
    rules: Sequence[MatchRule],
    referential: Referential,
    keys: Sequence[str],
    inputs: Mapping[str, str],
    own: Mapping[str, str],
) -> Meanings:
    """The meaning of a row, from what the export gives, the tables of `match_values`, and its solution.

    Args:
        keys: the keys that have a table.
        own: the SQL of what the export itself gives of intent, solution, business_line.
    """
    number = {given: _least([f"m_{key}.{given}_rule" for key in keys]) for given in GIVES}
    looked_up = {given: _pick([getattr(rule, given) for rule in rules], number[given]) for given in GIVES}
    solution = _first([own.get("solution"), looked_up["solution"]])
    of_solution = _of_solution(solution, referential.intent_of_solution())
    sources = [
        (own.get("intent"), "'export'"),
        (looked_up["intent"], _pick([rule.key for rule in rules], number["intent"])),
        (of_solution, "'solution'"),
    ]
    told = " ".join(f"when {intent} is not null then {source}" for intent, source in sources if intent)
    columns = {
        "intent": _first([intent for intent, _ in sources]),
        "intent_source": f"case {told} end" if told else None,
        "solution": solution,
        "business_line": _first([own.get("business_line"), looked_up["business_line"]]),
    }
    return Meanings(
        joins=[f"left join temp.meaning_{key} m_{key} on m_{key}.value = {inputs[key]}" for key in keys],
        columns={name: sql for name, sql in columns.items() if sql is not None},
    )


def _first(values: Sequence[str | None]) -> str | None:
    """The first of some values that is not NULL, as SQL; None when there are none."""
    present = [value for value in values if value is not None]
    return f"coalesce({', '.join(present)})" if present else None


def _least(numbers: list[str]) -> str | None:
    return f"least({', '.join(numbers)})" if numbers else None


def _pick(values: Sequence[str | None], number: str | None) -> str | None:
    if number is None or not any(values):
        return None
    listed = ", ".join("null" if value is None else quoted(value) for value in values)
    return f"list_extract([{listed}]::varchar[], {number} + 1)"


def _of_solution(solution: str | None, intents: Mapping[str, str]) -> str | None:
    if solution is None or not intents:
        return None
    cases = " ".join(f"when {quoted(name)} then {quoted(intent)}" for name, intent in intents.items())
    return f"case {solution} {cases} end"


def page_of(value: str) -> str:
    """A page as rules see it: an address without its scheme and host."""
    path = f"regexp_replace({value}, '^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*', '')"
    return f"case when contains({value}, '://') then coalesce(nullif({path}, ''), '/') else {value} end"
