"""Who is looked for, and among whom.

    known   one interaction of a person whom an identifier names: the evidence
    asked   one interaction without such a person, and, as if it were one, one of a known person (`played`)

An interaction plays when it would have candidates if what names it were hidden: a visit whose browser was seen on
visits only, or a contact that carries nothing else; neither carries a token. What the same browser told is hidden with
it: `hides` is the same number on both sides then, as it is for the interaction itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnictl.engines.connection import quoted
from omnictl.identity.probable.rules import COLUMNS, INTENT, LEARNED_OF, MATCHES, NAMELESS, SAME, SHARED, Field
from omnictl.identity.probable.rules import family, listed, named_kinds
from omnictl.identity.rules import may_link
from omnictl.workspace import Identity

if TYPE_CHECKING:
    import duckdb


def gather(connection: duckdb.DuckDBPyConnection, identity: Identity, parents: Mapping[str, str | None]) -> list[Field]:
    """Make `known` and `asked`; returns the fields both sides tell, evidence first."""
    seen = connection.execute("select distinct kind from identifiers where owner = 'interaction'").fetchall()
    evidence = sorted(kind for (kind,) in seen if kind not in identity.link_on)
    fields = [Field(kind, f"e{number}", SHARED, True) for number, kind in enumerate(evidence, 1)]
    fields += [Field(name, name, INTENT if name == "intent" else SAME) for name in COLUMNS]
    connection.execute(_traces(identity, fields))
    connection.execute(_faces(identity, fields, _telling_apart(connection, identity), family(parents)))
    connection.execute(
        """
        create or replace temp table crowd as
        select person_id, max(case when named then 1 else 0 end) = 1 as known,
            max(case when contact then 1 else 0 end) = 1 as contacts, max(case when apart then 1 else 0 end) = 1 as apart
        from faces where person_id is not null group by person_id
        """
    )
    columns = ", ".join(["family", *(field.column for field in fields)])
    connection.execute(
        f"""
        create or replace temp table known as
        select f.person_id, c.apart, f.started_at, f.contact, f.named, f.token, f.browser, f.hides, f.source, f.interaction_id,
            {columns}
        from faces f join crowd c on c.person_id = f.person_id where c.known
        """
    )
    connection.execute(_asked(columns))
    return [field for field in fields if _told(connection, field)]


def _traces(identity: Identity, fields: list[Field]) -> str:
    """What of each interaction's identifiers names nobody: browser, token, and evidence of each kind."""
    browsers = [kind for kind in identity.link_on if kind in NAMELESS and kind != "token"]
    kinds = ["token", *browsers, *(field.name for field in fields if field.evidence)]
    evidence = "".join(
        f", min(case when kind = {quoted(field.name)} then value end) as {field.column}"
        for field in fields
        if field.evidence
    )
    return f"""
        create or replace temp table traces as
        select source, owner_id, min(case when kind in ({listed(browsers)}) then value end) as browser,
            max(case when kind = 'token' then 1 else 0 end) = 1 as token{evidence}
        from identifiers where owner = 'interaction' and kind in ({listed(kinds)})
        group by source, owner_id
        """


def _faces(identity: Identity, fields: list[Field], apart: list[str], top: str) -> str:
    """Every interaction that may belong to somebody, with all that is compared."""
    columns = ", ".join(f"{'t' if field.evidence else 'i'}.{field.column}" for field in fields)
    # an interaction without a browser is hidden by its moment; no browser's pseudonym is one but by accident
    return f"""
        create or replace temp table faces as
        select i.source, i.interaction_id, i.started_at, i.kind = 'contact' as contact, d.person_id,
            coalesce(d.via in ({listed(named_kinds(identity))}), false) as named,
            coalesce(d.via in ({listed(apart)}), false) as apart, coalesce(t.token, false) as token, t.browser,
            coalesce(t.browser, date_diff('second', timestamp '2000-01-01', i.started_at)) as hides,
            {top} as family, {columns}
        from interactions i
        join identities d on d.source = i.source and d.interaction_id = i.interaction_id
        left join traces t on t.source = i.source and t.owner_id = i.interaction_id
        where {may_link(identity, "i.")}
        """


def _asked(columns: str) -> str:
    """Those without a known person, and a share of known people's that is large enough to learn from.

    The share is of people: all or none of what somebody did, told by their pseudonym, plays.
    """
    return f"""
        create or replace temp table asked as
        with playing as (
            select k.* from known k
            left join (select distinct browser from faces where contact and browser is not null) b
                on b.browser = k.browser
            where k.apart and k.named and not k.token and b.browser is null and (not k.contact or k.browser is null)
        ),
        shares as (
            select contact, cast(ceil(count(*) * 1.0 / {LEARNED_OF}) as bigint) as one_of from playing group by contact
        ),
        wanted as (
            select f.source, f.interaction_id, f.started_at, f.contact, null as person_id, f.hides, {columns}
            from faces f left join crowd c on c.person_id = f.person_id
            where f.person_id is null or not (f.contact or c.known or c.contacts)
            union all
            select p.source, p.interaction_id, p.started_at, p.contact, p.person_id, p.hides, {columns}
            from playing p join shares s on s.contact = p.contact
            where abs(p.person_id % (7 * s.one_of)) < 7
        )
        select row_number() over (order by source, interaction_id) as n, * from wanted
        """


def _telling_apart(connection: duckdb.DuckDBPyConnection, identity: Identity) -> list[str]:
    """The kinds that tell two people apart: the strongest that is seen often enough to learn from, and those above."""
    counted = connection.execute("select via, count(*) from identities where via is not null group by via").fetchall()
    seen, found = dict(counted), []
    for kind in named_kinds(identity):
        found.append(kind)
        if seen.get(kind, 0) >= 2 * MATCHES:
            break
    return found


def _told(connection: duckdb.DuckDBPyConnection, field: Field) -> bool:
    """Whether both sides tell a field at all."""
    told = f"select count({field.column}) from "
    ((asked,),) = connection.execute(told + "asked").fetchall()
    ((known,),) = connection.execute(told + "known").fetchall()
    return bool(asked) and bool(known)
