"""Who is looked for, and among whom.

    faces   an interaction that may be somebody's, and all of it that is compared, as numbers: texts are numbered
    asked   one without a known person, and, as if it were one, one of a known person: it plays

A person is known when an identifier names them: those of whom there is nothing but browsers and clicks are nobody in
particular. An interaction plays when it would be asked about if what names it were hidden: a visit whose browser was
seen on visits only, or a contact that carries nothing else; neither carries a token. What the same browser told is
hidden with it: `hides` is the same number on both sides then, as it is for the interaction itself.

Two people are told apart by a kind that each has one value of, the strongest one. An interaction plays only where it
tells that itself, and is an example only with people of whom it is known: what is known of somebody because of the very
visit that is looked for would make it look easier to find than it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted
from omnictl.identity.probable.rules import (
    COLUMNS,
    EPOCH,
    INTENT,
    LEARNED_OF,
    MATCHES,
    NAMELESS,
    SAME,
    SHARED,
    Field,
    Rows,
    listed,
    named_kinds,
    tops,
)  # fmt: skip
from omnictl.identity.rules import may_link
from omnictl.workspace import Identity

if TYPE_CHECKING:
    import duckdb


_PLAYING = f"""
        playing as (
            select f.* from faces f
            left join (select distinct browser from faces where contact and browser is not null) b
                on b.browser = f.browser
            where f.told and not f.token and b.browser is null and (not f.contact or f.browser is null)
        ),
        shares as (
            select contact, cast(ceil(count(*) * 1.0 / nullif({LEARNED_OF}, 0)) as bigint) as one_of
            from playing group by contact
        ),
        played as (
            select p.* from playing p join shares s on s.contact = p.contact where abs(p.person_id % (7 * s.one_of)) < 7
        ),"""


def gather(
    connection: duckdb.DuckDBPyConnection,
    identity: Identity,
    fields: list[Field],
    parents: Mapping[str, str | None],
    rows: Rows,
) -> None:
    """Make `faces` and `crowd`; of an increment, `named` says who is known, and nobody plays."""
    connection.execute(_words(fields, parents, rows))
    connection.execute(_traces(identity, fields, rows))
    apart = _telling_apart(connection, identity) if not rows.again else []
    connection.execute(_crowd(identity, apart, rows))
    connection.execute(_faces(identity, fields, apart, rows))


def ask(connection: duckdb.DuckDBPyConnection, fields: list[Field], shares: str, rows: Rows) -> None:
    """Make `asked` of `faces`: in an increment, those alone that are asked anew.

    Args:
        shares: joins and columns that tell by how many other people each value is carried.

    Of known people's interactions a share plays that is large enough to learn from. The share is of people: all or
    none of what somebody did plays.
    """
    columns = ", ".join(["family", *(field.column for field in fields)])
    of_played = f"source, interaction_id, moment, contact, person_id, hides, {columns}"
    played = "" if rows.again else f"union all select {of_played} from played"
    only = f"join {rows.again} g on g.source = f.source and g.interaction_id = f.interaction_id" if rows.again else ""
    connection.execute(
        f"""
        create or replace temp table asked as
        with {"" if rows.again else _PLAYING}
        reached as (select distinct person_id from faces where contact and not known and person_id is not null),
        wanted as (
            select f.source, f.interaction_id, f.moment, f.contact, cast(null as bigint) as person_id, f.hides,
                {columns}
            from faces f {only} left join reached r on r.person_id = f.person_id
            where not f.known and r.person_id is null and (f.person_id is null or not f.contact)
            {played}
        ),
        numbered as (select row_number() over (order by source, interaction_id) as n, * from wanted)
        {shares}
        """
    )


def fields_of(connection: duckdb.DuckDBPyConnection, identity: Identity) -> list[Field]:
    """The fields the store has, evidence first."""
    seen = connection.execute("select distinct kind from identifiers where owner = 'interaction'").fetchall()
    kinds = sorted(kind for (kind,) in seen if kind not in identity.link_on)
    counts = ", ".join(f"count({name})" for name in COLUMNS)
    (filled,) = connection.execute(f"select {counts} from interactions").fetchall()
    fields = [Field(kind, f"e{number}", SHARED, True) for number, kind in enumerate(kinds, 1)]
    fields += [
        Field(name, name, INTENT if name == "intent" else SAME)
        for name, rows in zip(COLUMNS, filled, strict=True)
        if rows
    ]
    return fields


def _words(fields: list[Field], parents: Mapping[str, str | None], rows: Rows) -> str:
    """`words`: a number for each text, and for each intent that of its topmost parent."""
    found = [f"select distinct {one.column} as word from {rows.interactions}" for one in fields if not one.evidence]
    above = tops(parents)
    found += [f"select {quoted(top)}" for top in sorted(set(above.values()))]
    listed_words = " union ".join(found or ["select '' as word"])
    cases = "".join(f" when {quoted(intent)} then {quoted(top)}" for intent, top in above.items() if top != intent)
    return f"""
        create or replace temp table words as
        with numbered as (
            select word, row_number() over (order by word) as number,
                {f"case word{cases} else word end" if cases else "word"} as top
            from ({listed_words}) as found where word is not null
        )
        select n.word, n.number, t.number as family from numbered n join numbered t on t.word = n.top
        """


def _traces(identity: Identity, fields: list[Field], rows: Rows) -> str:
    """What of each interaction's identifiers names nobody: browser, token, and evidence of each kind."""
    browsers = [kind for kind in identity.link_on if kind in NAMELESS and kind != "token"]
    evidence = [field for field in fields if field.evidence]
    values = "".join(f", min(case when kind = {quoted(one.name)} then value end) as {one.column}" for one in evidence)
    return f"""
        create or replace temp table traces as
        select source, owner_id, min(case when kind in ({listed(browsers)}) then value end) as browser,
            max(case when kind = 'token' then 1 else 0 end) = 1 as token{values}
        from {rows.identifiers}
        where owner = 'interaction' and kind in ({listed(["token", *browsers, *(one.name for one in evidence)])})
        group by source, owner_id
        """


def _telling_apart(connection: duckdb.DuckDBPyConnection, identity: Identity) -> list[str]:
    """The strongest kind that is seen often enough to learn from, and the stronger ones."""
    counted = connection.execute("select via, count(*) from identities where via is not null group by via").fetchall()
    seen, apart = dict(counted), []
    for kind in named_kinds(identity):
        apart.append(kind)
        if seen.get(kind, 0) >= 2 * MATCHES:
            break
    return apart


def _crowd(identity: Identity, apart: list[str], rows: Rows) -> str:
    """`crowd`: the people an identifier names, and whether it is one that tells people apart."""
    if rows.again:
        return "create or replace temp table crowd as select person_id, false as apart from named"
    return f"""
        create or replace temp table crowd as
        select person_id, max(case when via in ({listed(apart)}) then 1 else 0 end) = 1 as apart
        from identities where person_id is not null and via in ({listed(named_kinds(identity))}) group by person_id
        """


def _faces(identity: Identity, fields: list[Field], apart: list[str], rows: Rows) -> str:
    evidence = "".join(f", t.{field.column}" for field in fields if field.evidence)
    texts = [field for field in fields if not field.evidence]
    columns = "".join(f", w_{field.column}.number as {field.column}" for field in texts)
    joins = "".join(f" left join words w_{one.column} on w_{one.column}.word = i.{one.column}" for one in texts)
    family = "w_intent.family" if any(field.name == "intent" for field in texts) else "cast(null as bigint)"
    told = f"coalesce(d.via in ({listed(apart)}), false)"
    moment = f"date_diff('second', {EPOCH}, i.started_at)"
    # an interaction without a browser is hidden by its moment; no browser's pseudonym is one but by accident
    return f"""
        create or replace temp table faces as
        select case when c.person_id is null or {told} then i.source end as source,
            case when c.person_id is null or {told} then i.interaction_id end as interaction_id,
            {moment} as moment, i.kind = 'contact' as contact, d.person_id, c.person_id is not null as known,
            {told} as told, coalesce(t.token, false) as token, t.browser,
            coalesce(t.browser, {moment}) as hides, {family} as family{evidence}{columns}
        from {rows.interactions} i
        join identities d on d.source = i.source and d.interaction_id = i.interaction_id
        left join crowd c on c.person_id = d.person_id
        left join traces t on t.source = i.source and t.owner_id = i.interaction_id
        {joins}
        where {may_link(identity, "i.")}
        """
