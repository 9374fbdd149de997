"""How far linking reaches: interactions with a person by channel, what each kind of identifier does, people by size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.identity.rules import kinds, may_link, ranks_of
from omnictl.render.table import Col, Table
from omnictl.workspace import Identity

if TYPE_CHECKING:
    import duckdb

SIZES = (1, 2, 3, 5, 10, 20, 50, 100)  # interactions a person has at most, of each class but the last


CANDIDATES = """
    select source, interaction_id, sum(cast(probability as decimal(18, 6))) as probability
    from candidates group by source, interaction_id
"""


def coverage(connection: duckdb.DuckDBPyConnection, identity: Identity) -> Table:
    """One row per channel: its interactions, those with a person, and why others may have none."""
    rows = connection.execute(
        f"""
        select i.channel, count(*) as interactions,
            count_if(d.person_id is not null) as linked,
            count_if(i.excluded <> '') as excluded,
            count_if(i.excluded = '' and not {may_link(identity, "i.")}) as without_consent,
            count(c.interaction_id) as with_candidates,
            coalesce(sum(c.probability), 0)::decimal(18, 1) as expected
        from interactions i
        left join identities d on d.source = i.source and d.interaction_id = i.interaction_id
        left join ({CANDIDATES}) as c on c.source = i.source and c.interaction_id = i.interaction_id
        group by i.channel order by i.channel
        """
    ).fetchall()
    columns = [Col("channel"), Col("interactions", "count"), Col("linked", "count"), Col("share", "ratio")]
    columns += [Col("excluded", "count"), Col("without_consent", "count"), Col("without_identifier", "count")]
    columns += [Col("with_candidates", "count"), Col("expected", "count")]
    found = [
        (channel, n, linked, linked / n, excluded, refused, n - linked - excluded - refused, some, expected)
        for channel, n, linked, excluded, refused, some, expected in rows
    ]
    notes = [
        "without_identifier: none that links, or only such as were cut",
        "with_candidates: whose person is not certain, or known by a browser only, but may be one of those known;"
        " expected: the sum of these probabilities",
    ]
    return Table(columns, found, "Interactions with a person", notes)


def by_kind(connection: duckdb.DuckDBPyConnection, identity: Identity) -> Table:
    """One row per kind of `link_on`, the strongest first: what it is seen on, holds together, and how much is cut."""
    ranks = ranks_of(identity)
    seen = connection.execute(
        f"""
        select kind, count(distinct value), count(*) from identifiers
        where owner = 'interaction' and kind in ({kinds(ranks)}) group by kind
        """
    ).fetchall()
    via = connection.execute(
        f"""
        select d.via, count(*), count(c.interaction_id), coalesce(sum(c.probability), 0)::decimal(18, 1)
        from identities d left join ({CANDIDATES}) as c on c.source = d.source and c.interaction_id = d.interaction_id
        group by d.via
        """
    ).fetchall()
    cut = connection.execute(
        "select kind, count_if(reason = 'limit'), count_if(reason = 'busy') from cut_identifiers group by kind"
    ).fetchall()
    values = {kind: (distinct, rows) for kind, distinct, rows in seen}
    hubs = {kind: told for kind, *told in via}
    cuts = {kind: (limit, busy) for kind, limit, busy in cut}
    found = []
    for rank in ranks:
        seen_on, cut_by = values.get(rank.kind, (0, 0)), cuts.get(rank.kind, (0, 0))
        held, *likely = hubs.get(rank.kind, [0, 0, 0])
        found.append((rank.kind, *seen_on, held, rank.limit, rank.busy, *cut_by, *likely))
    if None in hubs:
        found.append((None, None, None, hubs[None][0], None, None, None, None, *hubs[None][1:]))
    columns = [Col("kind"), *(Col(name, "count") for name in ("values", "seen", "via", "limit", "busy"))]
    columns += [Col("cut_by_limit", "count"), Col("cut_by_busy", "count")]
    columns += [Col("with_candidates", "count"), Col("expected", "count")]
    notes = [
        "via: interactions whose strongest usable identifier is of this kind; the last line: those that have none",
        "with_candidates: those of them that may be a known person's; expected: the sum of these probabilities",
    ]
    return Table(columns, found, "Kinds of identifiers", notes)


def sizes(connection: duckdb.DuckDBPyConnection) -> Table:
    """People by how many interactions they have."""
    cases = " ".join(f"when n <= {most} then {most}" for most in SIZES)
    rows = connection.execute(
        f"""
        select case {cases} end as most, count(*), sum(n)::bigint
        from (select count(*) as n from identities where person_id is not null group by person_id)
        group by most order by most nulls last
        """
    ).fetchall()
    below = dict(zip(SIZES, (0, *SIZES), strict=False))
    found = [(_span(below[most] + 1, most) if most else f"{SIZES[-1] + 1}+", people, n) for most, people, n in rows]
    columns = [Col("interactions_each"), Col("people", "count"), Col("interactions", "count")]
    return Table(columns, found, "People by number of interactions")


def _span(least: int, most: int) -> str:
    return str(most) if least == most else f"{least}-{most}"
