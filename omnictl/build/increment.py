"""What of the relations is to be made anew because of what was linked since: some people's rows, or everything.

`link` lists the interactions that changed and the people whose they were and are (`omnictl.identity.unbuilt`). Nobody
else's follow-ups and needs change with them. What everything depends on is remembered from one build to the next.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from omnictl.build.levels import Told
from omnictl.build.tables import table_of
from omnictl.engines.store import read_meta, write_meta
from omnictl.stages import UNBUILT
from omnictl.zone import FIRST, LAST

if TYPE_CHECKING:
    import duckdb

REMEMBERED = "remembered by build"

# Rows that were deleted stay in the file until all is made anew: when that many of those there are were replaced.
MOST_REPLACED = 0.5
_REPLACED = """
select
    (select count(*) from changed_interactions),
    (select count(*) from followup_rows),
    (select count(*) from followup_rows as f join unbuilt_people as p on p.person_id = f.person_id)
"""
# Python has no year 10,000, exports have; what is before BEFORE is as good as anything there.
BEFORE = FIRST - timedelta(days=1)
_BOUNDED = f"least(greatest({{}}, timestamp '{BEFORE}'), timestamp '{LAST}')"
_SINCE = """
select least(
    (select min(least(i.started_at, i.answered_at)) from interactions as i
        join unbuilt_interactions as u on u.source = i.source and u.interaction_id = i.interaction_id),
    (select min(s.started_at) from segments as s
        join unbuilt_interactions as u on u.source = s.source and u.interaction_id = s.interaction_id),
    (select min(f.started_at) - interval '{before}' second from followup_rows as f
        join unbuilt_interactions as u on u.source = f.source and u.interaction_id = f.interaction_id)
) as first
"""
_WATERMARKS = f"""
select source, case when watermark is not null then {_BOUNDED.format("watermark")} end from sources order by source
"""


@dataclass(frozen=True)
class Remembered:
    """What a build keeps for the next one.

    Attributes:
        settings: the stamp of what all rows depend on.
        replaced: how many rows of follow-ups were replaced since all were made.
        watermarks: of the sources, as text.
        told: what levels were made of.
    """

    settings: str
    replaced: int = 0
    watermarks: dict[str, str | None] = field(default_factory=dict)
    told: Told = field(default_factory=Told)


@dataclass(frozen=True)
class Increment:
    """Only the rows of `unbuilt_people` and `unbuilt_interactions` are to be made anew.

    Attributes:
        before: what the last build remembered.
        replaced: how many rows of follow-ups will have been replaced.
        since: the instant from which levels may differ; None: they do not.
    """

    before: Remembered
    replaced: int
    since: datetime | None


def increment_of(connection: duckdb.DuckDBPyConnection, settings: str) -> Increment | None:
    """What is to be made anew; None for everything.

    Args:
        settings: the stamp of what all rows depend on.
    """
    before = _remembered(connection)
    if before is None or before.settings != settings or read_meta(connection, UNBUILT) is not None:
        return None
    if table_of(connection, "followups") == "followups":  # as an older version made it, or nothing was built
        return None
    ((unlinked, rows, touched),) = connection.execute(_REPLACED).fetchall()
    replaced = before.replaced + touched
    if unlinked or replaced > MOST_REPLACED * rows:
        return None
    return Increment(before, replaced, _since(connection, before))


def remember(
    connection: duckdb.DuckDBPyConnection, settings: str, told: Told, increment: Increment | None = None
) -> None:
    """Keep what the next build needs to know; in the transaction of this one."""
    replaced = increment.replaced if increment is not None else 0
    kept = Remembered(settings, replaced, _watermarks(connection), told)
    write_meta(connection, REMEMBERED, json.dumps(asdict(kept)))


def _remembered(connection: duckdb.DuckDBPyConnection) -> Remembered | None:
    text = read_meta(connection, REMEMBERED)
    if text is None:
        return None
    kept = json.loads(text)
    return Remembered(**{**kept, "told": Told.of(kept["told"])})


def _since(connection: duckdb.DuckDBPyConnection, before: Remembered) -> datetime | None:
    """The first instant at which something that levels are made of has changed, or may have."""
    earliest = _SINCE.format(before=before.told.earlier_s)
    ((first,),) = connection.execute(
        f"select case when first is not null then {_BOUNDED.format('first')} end from ({earliest}) as touched"
    ).fetchall()
    found = [first] if first is not None else []
    now = _watermarks(connection)
    for source in now.keys() | before.watermarks.keys():
        was, is_ = before.watermarks.get(source), now.get(source)
        if was != is_:
            found += [datetime.fromisoformat(text) if text else BEFORE for text in (was, is_)]
    return min(found, default=None)


def _watermarks(connection: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    listed = connection.execute(_WATERMARKS).fetchall()
    return {source: watermark.isoformat() if watermark is not None else None for source, watermark in listed}
