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
    """How the rows of one source get their meaning, as SQL over the landed table `l` joined with `joins`.

    `intent_source` says what gave the intent; each is NULL where nothing does.
    """

    joins: str
    intent: str
    solution: str
    business_line: str
    intent_source: str


def rules_for(referential: Referential, source: str) -> list[MatchRule]:
    """The rules that may apply to a source, in order."""
    return [rule for rule in referential.match if rule.source in (None, source)]


def match_values(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[MatchRule], inputs: Mapping[str, str]
) -> list[str]:
    """Make a temporary table `meaning_<key>` for each key that has rules and an input: value and, per thing a rule
    gives, the number of the first rule that hits.

    Args:
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
            from (select distinct {value} as value from landed l where l._fate = {USED})
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
        own: the SQL of what the export gives for each of intent, solution, business_line.
    """
    joins = "\n".join(f"left join temp.meaning_{key} m_{key} on m_{key}.value = {inputs[key]}" for key in keys)
    number = {given: _least([f"m_{key}.{given}_rule" for key in keys]) for given in GIVES}
    looked_up = {given: _pick([getattr(rule, given) for rule in rules], number[given]) for given in GIVES}
    solution = f"coalesce({own['solution']}, {looked_up['solution']})"
    of_solution = _of_solution(solution, referential.intent_of_solution())
    rule_keys = _pick([rule.key for rule in rules], number["intent"])
    return Meanings(
        joins=joins,
        intent=f"coalesce({own['intent']}, {looked_up['intent']}, {of_solution})",
        solution=solution,
        business_line=f"coalesce({own['business_line']}, {looked_up['business_line']})",
        intent_source=f"""case when {own["intent"]} is not null then 'export'
            when {looked_up["intent"]} is not null then {rule_keys}
            when {of_solution} is not null then 'solution' end""",
    )


def _least(numbers: list[str]) -> str:
    return f"least({', '.join(numbers)})" if numbers else "null::integer"


def _pick(values: Sequence[str | None], number: str) -> str:
    if not any(values):
        return "null::varchar"
    listed = ", ".join("null" if value is None else quoted(value) for value in values)
    return f"list_extract([{listed}]::varchar[], {number} + 1)"


def _of_solution(solution: str, intents: Mapping[str, str]) -> str:
    if not intents:
        return "null::varchar"
    cases = " ".join(f"when {quoted(name)} then {quoted(intent)}" for name, intent in intents.items())
    return f"case {solution} {cases} end"


def page_of(value: str) -> str:
    """A page as rules see it: an address without its scheme and host."""
    path = f"regexp_replace({value}, '^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*', '')"
    return f"case when contains({value}, '://') then coalesce(nullif({path}, ''), '/') else {value} end"
