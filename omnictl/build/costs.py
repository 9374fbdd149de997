"""costs: each interaction by the rate card, where a rate covers its channel or solution on its day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from omnictl.build.rates import cost_of
from omnictl.build.tables import delete_unbuilt, empty, names_of

if TYPE_CHECKING:
    import duckdb

    from omnictl.referential import Rate
    from omnictl.zone import Zone

_COSTS = """
insert into costs ({names})
select source, interaction_id, cost
from (select interactions.source, interactions.interaction_id, {cost} as cost from interactions{touched}) as priced
where cost is not null
"""
_TOUCHED = """
    join unbuilt_interactions as u
        on u.source = interactions.source and u.interaction_id = interactions.interaction_id"""
# How far a channel is covered: without a rate it is not measured there, which differs from costing nothing.
_COVERED = """
insert into fills (relation, source, channel, column_name, row_count, filled, lowest, highest)
select 'costs', source, channel, 'cost', count(*), count(cost), cast(null as timestamp), cast(null as timestamp)
from (select source, channel, {cost} as cost from interactions) as priced
group by source, channel
"""


def fill_costs(connection: duckdb.DuckDBPyConnection, rates: Sequence[Rate], zone: Zone, *, some: bool = False) -> None:
    """Make the relation anew, and what is known of its fill by source and channel.

    Args:
        some: only the rows of `unbuilt_interactions`.
    """
    if some:
        delete_unbuilt(connection, "costs")
    else:
        empty(connection, "costs")
    connection.execute("delete from fills where relation = 'costs'")
    cost = cost_of(rates, zone)
    if rates:
        connection.execute(_COSTS.format(names=names_of("costs"), cost=cost, touched=_TOUCHED if some else ""))
    connection.execute(_COVERED.format(cost=cost))
