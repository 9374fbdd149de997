"""What agreement is worth, learned from interactions whose person is known.

Every pair of a playing interaction is of one person (matched) or of two. For each level of each field, `m` is the share
of the first that show it and `u` of the second; their ratio is what the level is worth, and the product over fields,
times the odds of a match, is the odds of a pattern: I. P. Fellegi and A. B. Sunter, "A theory for record linkage",
Journal of the American Statistical Association 64 (1969). Fields are not independent (who shares an address shares a
zip code), so the share of matches of each whole pattern is counted too, and the product is what it is drawn towards
where pairs are few: (matches + K q) / (pairs + K), q the product's probability; B. Cestnik, "Estimating probabilities:
a crucial task in machine learning", ECAI (1990).

Where nothing but time and intent brought two together, the share is its one-sided lower bound of 95 %: E. B. Wilson,
"Probable inference, the law of succession, and statistical inference", Journal of the American Statistical Association
22 (1927). Such shares lie in the middle, where those who play differ most from those who are asked about: too much
would be said of many at once. By evidence they lie near 1, and a bound would only hide what is known.

An interaction is of one of its candidates or of nobody known: candidate i has o_i / (1 + sum of all o). The odds of
patterns are then scaled in turn until these probabilities add up, pattern by pattern, to the matches there were:
J. N. Darroch and D. Ratcliff, "Generalized iterative scaling for log-linear models", Annals of Mathematical Statistics
43 (1972). Shares of probability are summed as decimals, so that the order of rows changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnictl.identity.probable.meetings import TIMED
from omnictl.identity.probable.rules import MATCHES, OTHERS, SHARERS, WAYS, Field

if TYPE_CHECKING:
    import duckdb

DRAWN = 5  # K: pairs the product counts for
BOUND = 1.645  # one share in twenty is below its bound
ROUNDS = 10
LARGEST = 10_000  # odds no pattern exceeds
EXACT = "decimal(18, 9)"


def learn(connection: duckdb.DuckDBPyConnection, fields: list[Field]) -> None:
    """Make `classes`, one row per way that occurs, and `patterns`, `worths` and `odds`, of `pairs`."""
    compared = [TIMED, *fields]
    _number(connection, compared)
    connection.execute(
        f"""
        create or replace temp table classes as
        select way, sum(pairs) as pairs, sum(matches) as matches,
            sum(matches) >= {MATCHES} and sum(pairs) - sum(matches) >= {OTHERS} as learned
        from patterns group by way
        """
    )
    _weigh(connection, compared)
    _expect(connection, compared)
    _scale(connection)


def apply(connection: duckdb.DuckDBPyConnection, fields: list[Field]) -> None:
    """Make `patterns` and `odds` of `pairs`, and of what was learned before: `classes`, `worths` and `learned_odds`."""
    compared = [TIMED, *fields]
    _number(connection, compared)
    connection.execute("update patterns set pairs = 0, matches = 0")
    _expect(connection, compared)
    connection.execute(
        """
        create or replace temp table scaled as
        select o.way, o.code, o.pairs, o.matches, o.m, o.u, o.share, coalesce(l.odds, o.odds) as odds
        from odds o left join learned_odds l on l.way = o.way and l.code = o.code
        """
    )
    connection.execute("drop table odds; alter table scaled rename to odds")


def _number(connection: duckdb.DuckDBPyConnection, fields: list[Field]) -> None:
    """Make `patterns`, a row for each that occurs, and give `pairs` their numbers."""
    step, terms = 1, []
    for field in fields:
        terms.append(f"{step} * {field.level}")
        step *= len(field.levels)
    agree = " or ".join(f"{field.level} < {len(SHARERS) + 1}" for field in fields if field.evidence) or "false"
    code = f"cast({' + '.join(terms)} as bigint)"
    connection.execute(
        f"""
        create or replace temp table coded as
        select n, person_id, case when contact then 2 else 0 end + case when {agree} then 1 else 0 end as way, lesson,
            held, matched, {code} as code,
            {", ".join(field.level for field in fields)} from pairs
        """
    )
    connection.execute(
        f"""
        create or replace temp table patterns as
        select way, code, {", ".join(f"min({field.level}) as {field.level}" for field in fields)},
            sum(case when lesson and not held then 1 else 0 end) as pairs,
            sum(case when matched and not held then 1 else 0 end) as matches
        from coded group by way, code
        """
    )


def _weigh(connection: duckdb.DuckDBPyConnection, fields: list[Field]) -> None:
    """Make `worths`: m and u of each level of each field, for each way; half a pair more in each."""
    levels = " union all ".join(
        f"select {place} as place, {level} as level, {len(field.levels)} as levels"
        for place, field in enumerate(fields)
        for level in range(len(field.levels))
    )
    seen = " union all ".join(
        f"""
        select way, {place} as place, {field.level} as level, sum(pairs) as pairs, sum(matches) as matches
        from patterns group by way, {field.level}
        """
        for place, field in enumerate(fields)
    )
    connection.execute(
        f"""
        create or replace temp table worths as
        with counted as (
            select c.way, l.place, l.level, l.levels, coalesce(s.pairs, 0) as pairs, coalesce(s.matches, 0) as matches,
                c.pairs as all_pairs, c.matches as all_matches
            from classes c cross join ({levels}) as l
            left join ({seen}) as s on s.way = c.way and s.place = l.place and s.level = l.level
            where c.learned
        )
        select way, place, level, pairs, matches,
            (matches + 0.5) * 1e0 / nullif(all_matches + 0.5 * levels, 0) as m,
            (pairs - matches + 0.5) * 1e0 / nullif(all_pairs - all_matches + 0.5 * levels, 0) as u
        from counted
        """
    )


def _expect(connection: duckdb.DuckDBPyConnection, fields: list[Field]) -> None:
    """Make `odds`: of each pattern the probability of a match, counted and drawn towards the product."""

    def product(of: str) -> str:
        return " * ".join(f"w{place}.{of}" for place in range(len(fields)))

    by_time = ", ".join(str(way.number) for way in WAYS if not way.shared)
    joins = " ".join(
        f"join worths w{place} on w{place}.way = p.way and w{place}.place = {place}"
        f" and w{place}.level = p.{field.level}"
        for place, field in enumerate(fields)
    )
    connection.execute(
        f"""
        create or replace temp table odds as
        with products as (
            select p.way, p.code, p.pairs, p.matches, {product("m")} as m, {product("u")} as u,
                c.matches * 1e0 / nullif(c.pairs - c.matches, 0) as prior
            from patterns p join classes c on c.way = p.way and c.learned {joins}
        ),
        drawn as (
            select *, (matches + {DRAWN} * prior * m / nullif(u + prior * m, 0)) / nullif(pairs + {DRAWN}, 0) as drawn
            from products
        ),
        counted as (
            select *, case when way in ({by_time}) then {_lower("drawn", f"(pairs + {DRAWN})")} else drawn end as share
            from drawn
        )
        select way, code, pairs, matches, m, u, share,
            cast(least({LARGEST}, share / nullif(1 - share, 0)) as {EXACT}) as odds
        from counted
        """
    )


def _lower(share: str, pairs: str) -> str:
    """The lower bound of a share of so many pairs, in SQL."""
    square = f"{BOUND * BOUND} / nullif({pairs}, 0)"
    spread = f"sqrt({share} * (1 - {share}) / nullif({pairs}, 0) + {square} / nullif(4 * {pairs}, 0))"
    return f"({share} + {square} / nullif(2, 0) - {BOUND} * {spread}) / nullif(1 + {square}, 0)"


def _scale(connection: duckdb.DuckDBPyConnection) -> None:
    """Scale the odds until the probabilities of each pattern add up to its matches."""
    connection.execute(
        """
        create or replace temp table lessons as
        select n, way, code from coded where lesson and not held
        """
    )
    for _ in range(ROUNDS):
        connection.execute(
            f"""
            create or replace temp table scaled as
            with totals as (
                select l.n, 1 + sum(o.odds) as total
                from lessons l join odds o on o.way = l.way and o.code = l.code group by l.n
            ),
            hoped as (
                select l.way, l.code, sum(cast(o.odds / nullif(t.total, 0) as {EXACT})) as matches
                from lessons l
                join odds o on o.way = l.way and o.code = l.code
                join totals t on t.n = l.n
                group by l.way, l.code
            )
            select o.way, o.code, o.pairs, o.matches, o.m, o.u, o.share, cast(least({LARGEST}, case
                when h.matches > 0 then o.odds * (o.pairs * o.share) / nullif(cast(h.matches as double), 0)
                else o.odds end) as {EXACT}) as odds
            from odds o left join hoped h on h.way = o.way and h.code = o.code
            """
        )
        connection.execute("drop table odds; alter table scaled rename to odds")
