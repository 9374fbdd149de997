"""The nearest others in passes: DuckDB's own form of `windows`, at half of their cost.

The rows are put in order once per partition and direction, and what was met last is carried along from row to row: a
window without an order of its own runs over the rows as they come, keeping one value. Where a partition begins, what is
carried is put back. What each order finds is put back into the order of the table and stands beside its rows:
by place, not by key, which candidates may share. A property test holds both forms to equal rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from omnictl.build.windows import anywhere, pool_of, time_of, turns_of
from omnictl.relations.families import FAMILIES, Family

if TYPE_CHECKING:
    import duckdb

_SO_FAR = "rows between unbounded preceding and current row"
_PASS = """
create or replace temp table {made} as
with begun as (
    select *, ({begins}) as begins
    from (select rowid as place, {needed} from {origin} order by {order}) as sorted
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
select {chosen}
from turned
order by place
"""
_TOGETHER = """
create or replace temp table build_found as
select n.*, {found}
from {origin} as n
{joined}
"""
_NOTHING = "null as nothing_{}"
_FOUND = ("packed", "at")

Order = tuple[tuple[str, ...], bool]


def pass_through(connection: duckdb.DuckDBPyConnection, origin: str, channel: Callable[[str], str]) -> None:
    """Make `build_found`: the rows of a table with `<family>_packed` and `<family>_at` of every family.

    Args:
        origin: a temporary table with the columns of `counted` in `windows`.
        channel: see `windows`.
    """
    by_order: dict[Order, list[Family]] = defaultdict(list)
    for family in FAMILIES.values():
        by_order[family.same, family.back].append(family)
    found, joined = [], []
    for number, (order, families) in enumerate(by_order.items()):
        made = f"build_passed_{number}"
        connection.execute(_pass(origin, made, order, families, channel))
        found += [f"{made}.{family.name}_{what}" for family in families for what in _FOUND]
        joined.append(f"positional join {made}")
    connection.execute(_TOGETHER.format(origin=origin, found=", ".join(found), joined="\n".join(joined)))


def _pass(origin: str, made: str, order: Order, families: list[Family], channel: Callable[[str], str]) -> str:
    same, back = order
    partition = ("person_id", *same)
    plain = [family for family in families if not family.other]
    others = [family for family in families if family.other]
    needed = dict.fromkeys((*partition, "key", "channel", "contact", "visit", "phone", "assisted", "packed"))

    def lines(of: list[Family], told: Callable[[Family], str], step: int) -> str:
        return ",\n        ".join(map(told, of)) if of else _NOTHING.format(step)

    return _PASS.format(
        made=made,
        origin=origin,
        needed=", ".join((*needed, "started_at", "end_at")),
        order=", ".join((*partition, "key" if back else "key desc")),
        begins=" or ".join(f"lag({column}) over () is distinct from {column}" for column in partition),
        met=lines(plain, lambda family: _met(family, pool_of(family), "packed", time_of(family)), 1),
        looked=lines(plain, _looked, 2),
        found=lines(plain, _plain, 3),
        turning=lines(others, lambda family: _met(family, *turns_of(family, channel)), 4),
        turned=lines(others, _looked, 5),
        chosen=",\n    ".join(_chosen(family, channel) for family in families),
    )


def _met(family: Family, condition: str, packed: str, at: str) -> str:
    """What was met last, this row included."""
    # where a partition begins, something is carried also from a row that is looked for and has no place or time
    carried = ((packed, "0", "p"), (at, "timestamp '1970-01-01'", "t"))
    return ", ".join(
        f"last_value(coalesce(case when {condition} then {value} end, case when begins then {none} end) "
        f"ignore nulls) over ({_SO_FAR}) as {family.name}_{what}"
        for value, none, what in carried
    )


def _looked(family: Family) -> str:
    """What was met before this row."""
    name = family.name
    packed = f"case when not begins then nullif(lag({name}_p) over (), 0) end as {name}_lp"
    return f"{packed}, lag({name}_t) over () as {name}_lt"


def _plain(family: Family) -> str:
    name = family.name
    return f"{name}_lp as {name}_packed, case when {name}_lp is not null then {name}_lt end as {name}_at"


def _chosen(family: Family, channel: Callable[[str], str]) -> str:
    name, any_ = family.name, anywhere(family).name
    if not family.other:
        return f"{name}_packed, {name}_at"
    elsewhere = f"{channel(f'{any_}_packed')} <> channel"
    return ", ".join(
        f"case when {elsewhere} then {any_}_{what} when {name}_lp is not null then {name}_{short} end as {name}_{what}"
        for what, short in (("packed", "lp"), ("at", "lt"))
    )
