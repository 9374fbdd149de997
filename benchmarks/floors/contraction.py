"""Contraction written by hand, for the floors of linking: vertices of one component get the smallest of its names."""

import duckdb


def contract(con: duckdb.DuckDBPyConnection) -> str:
    """Shrink the table `edge` (a, b), which is empty afterwards, round by round.

    Returns:
        SQL that gives each vertex that had an edge: v, and c, the smallest of its component.
    """
    rounds: list[str] = []
    while con.execute("select count(*) from edge").fetchall()[0][0]:
        con.execute("""
            create or replace temp table p as select v, least(v, min(w)) as p from
            (select a as v, b as w from edge union all select b, a from edge) group by v
        """)
        while True:
            con.execute("create or replace temp table q as select x.v, y.p from p x join p y on x.p = y.v")
            ((moved,),) = con.execute("select count(*) from p join q using (v) where p.p <> q.p").fetchall()
            con.execute("create or replace temp table p as from q")
            if not moved:
                break
        rounds.append(f"p{len(rounds)}")
        con.execute(f"create temp table {rounds[-1]} as from p")
        con.execute("""
            create or replace temp table edge as select distinct least(x.p, y.p) as a, greatest(x.p, y.p) as b
            from edge join p x on edge.a = x.v join p y on edge.b = y.v where x.p <> y.p
        """)
    if not rounds:
        return "select null::bigint as v, null::bigint as c"
    joins, last = "", "p0.p"
    for name in rounds[1:]:
        joins += f" left join {name} on {name}.v = {last}"
        last = f"coalesce({name}.p, {last})"
    return f"select p0.v, {last} as c from p0{joins}"
