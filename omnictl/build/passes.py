"""The nearest others in passes: DuckDB's own form of `windows`, at a third of its cost.

The rows are put in order once per partition and direction, and what was met last is carried along from row to row: a
window without an order of its own runs over the rows as they come, keeping one value. Where a partition begins, what is
carried is put back. A property test holds both forms to equal rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from omnictl.build.windows import anywhere, pool_of, time_of, turns_of
from omnictl.relations.families import FAMILIES, Family

if TYPE_CHECKING:
    import duckdb

PASSED = "build_passed"
_SO_FAR = "rows between unbounded preceding and current row"
_PASS = """
create or replace temp table {made} as
with begun as (
    select *, ({begins}) as begins
    from (select * from {origin} order by {order}) as sorted
), met as (
    select *,
        {met}
    from begun
), looked as (
    select *,
        {looked}
    from met
), found as (
    select *,
        {found}
    from looked
), turning as (
    select *,
        {turning}
    from found
), turned as (
    select *,
        {turned}
    from turning
)
select {kept},
    {chosen}
from turned
"""
_NOTHING = "null as nothing_{}"


def pass_through(connection: duckdb.DuckDBPyConnection, origin: str, channel: Callable[[str], str]) -> str:
    """Make a table of the rows of another with `<family>_packed` and `<family>_at` of every family; returns its name.

    Args:
        origin: a temporary table with the columns of `counted` in `windows`; it is dropped.
        channel: see `windows`.
    """
    by_order: dict[tuple[tuple[str, ...], bool], list[Family]] = defaultdict(list)
    for family in FAMILIES.values():
        by_order[family.same, family.back].append(family)
    kept = [name for (name,) in connection.execute(f"select column_name from (describe {origin})").fetchall()]
    for number, (order, families) in enumerate(sorted(by_order.items(), key=lambda item: len(item[1]))):
        made = f"{PASSED}_{number}"
        connection.execute(_pass(origin, made, order, families, kept, channel))
        connection.execute(f"drop table {origin}")
        kept += [f"{family.name}_{what}" for family in families for what in ("packed", "at")]
        origin = made
    return origin


def _pass(
    origin: str,
    made: str,
    order: tuple[tuple[str, ...], bool],
    families: list[Family],
    kept: list[str],
    channel: Callable[[str], str],
) -> str:
    same, back = order
    partition = ("person_id", *same)
    plain = [family for family in families if not family.other]
    others = [family for family in families if family.other]

    def met(family: Family, condition: str, packed: str, at: str) -> str:
        # where a partition begins, something is carried also from a row that is looked for and has no place or time
        carried = ((packed, "0", "p"), (at, "timestamp '1970-01-01'", "t"))
        return ", ".join(
            f"last_value(coalesce(case when {condition} then {value} end, case when begins then {none} end) "
            f"ignore nulls) over ({_SO_FAR}) as {family.name}_{what}"
            for value, none, what in carried
        )

    def looked(family: Family) -> str:
        name = family.name
        packed = f"case when not begins then nullif(lag({name}_p) over (), 0) end as {name}_lp"
        return f"{packed}, lag({name}_t) over () as {name}_lt"

    def chosen(family: Family) -> str:
        name, any_ = family.name, anywhere(family).name
        if not family.other:
            return f"{name}_packed, {name}_at"
        elsewhere = f"{channel(f'{any_}_packed')} <> channel"
        return ", ".join(
            f"case when {elsewhere} then {any_}_{what} when {name}_lp is not null then {name}_{short} end"
            f" as {name}_{what}"
            for what, short in (("packed", "lp"), ("at", "lt"))
        )

    def lines(of: list[Family], told: Callable[[Family], str], step: int) -> str:
        return ",\n        ".join(map(told, of)) if of else _NOTHING.format(step)

    return _PASS.format(
        made=made,
        origin=origin,
        order=", ".join((*partition, "key" if back else "key desc")),
        begins=" or ".join(f"lag({column}) over () is distinct from {column}" for column in partition),
        met=lines(plain, lambda family: met(family, pool_of(family), "packed", time_of(family)), 1),
        looked=lines(plain, looked, 2),
        found=lines(
            plain,
            lambda family: (
                f"{family.name}_lp as {family.name}_packed, "
                f"case when {family.name}_lp is not null then {family.name}_lt end as {family.name}_at"
            ),
            3,
        ),
        turning=lines(others, lambda family: met(family, *turns_of(family, channel)), 4),
        turned=lines(others, looked, 5),
        kept=", ".join(kept),
        chosen=",\n    ".join(map(chosen, families)),
    )
