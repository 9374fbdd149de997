"""Sources that complete others: two exports of the same contacts become one contact.

The rows of a source that is completed, and of those that complete it, are held apart as they were read. From these the
rows that readers see are put together anew whenever one of the sources has changed, so that they follow from what was
read and not from its order: each contact with the cells it lacks filled from the records matched to it, and what else
these say of it (segments, steps, surveys, identifiers) under its key.

Records of several sources may tell of one contact that the completed source does not have. They become one too: of
the source named first, completed by those that come later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from omnictl.completion import SAME_ID
from omnictl.engines.connection import named, quoted
from omnictl.ingest import bulk
from omnictl.ingest.coinciding import coinciding, worded
from omnictl.ingest.contactless import Part, account
from omnictl.ingest.matching import ById, ByIdentifier, Key, match
from omnictl.ingest.schema import HIDDEN, make_held, stored, stored_relations
from omnictl.ingest.tallies import refresh_tallies
from omnictl.relations import RELATIONS
from omnictl.sources import Source
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

# Columns of a contact that another record does not fill: they are never NULL, or say which record it is.
OWN = frozenset({"source", "interaction_id", "kind", "channel", "direction", "excluded", "started_at", "version_at"})
CONTACT = ("source", "interaction_id")  # what rows of other relations hang on
GIVEN_BY_STEPS = frozenset({"_intent_by_step", "_solution_by_step"})  # later, see `settle`
SELDOM_VARY = frozenset({"kind", "channel", "direction", "excluded"})
BY_CONTENT = "[0-9a-f]{20}"  # an id as row_id() makes it
TOGETHER = {  # columns that are only filled along with another one
    "intent_source": "intent",
    "parent_source": "parent_id",
    "parent_kind": "parent_id",
    "outcome_detail": "outcome",
    "_outcome": "outcome",
}


def coincidences(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> list[str]:
    """Sources that seem to hold the same contacts though none completes the other, in words.

    Two sources that complete the same one are let be: neither can complete the other.
    """
    families: dict[str, set[str]] = {}
    for source in workspace.sources.values():
        if source.completion is not None:
            families.setdefault(source.completion.of, {source.completion.of}).add(source.name)
    together = {frozenset(pair) for family in families.values() for pair in combinations(sorted(family), 2)}
    ((feeding,),) = connection.execute("select count(*) from feeds where relation = 'interactions'").fetchall()
    if feeding < 2:
        return []
    return [worded(found) for found in coinciding(connection, together)]


def to_complete(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> dict[str, list[Source]]:
    """The completed sources of which something has changed, and those that complete them."""
    touched = {source for (source,) in connection.execute("select source from sources where _touched").fetchall()}
    return {
        target: sources
        for target, sources in by_target(workspace).items()
        if touched & {target, *(source.name for source in sources)}
    }


def complete(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, completed: Mapping[str, list[Source]]
) -> None:
    """Put together the contacts of completed sources."""
    for target, sources in completed.items():
        make_held(connection, ["interactions"])
        _put_together(connection, target, sources)
        _refresh(connection, workspace, target, sources)


def by_target(workspace: Workspace) -> dict[str, list[Source]]:
    """The sources that complete each one that is completed."""
    found: dict[str, list[Source]] = {}
    for source in workspace.sources.values():
        if source.completion is not None:
            found.setdefault(source.completion.of, []).append(source)
    return found


def matched_parts(connection: duckdb.DuckDBPyConnection, target: str, sources: Sequence[Source]) -> list[Part]:
    """What completes a source, and the contacts that its records are of."""
    parts = []
    for number, source in enumerate(sources):
        relations = sorted(stored_relations(connection, source.name, own=True))
        part = Part(source, relations, f"matched_{number}")
        _match(connection, part, target)
        parts.append(part)
    _match_leftovers(connection, parts)
    return parts


def _put_together(connection: duckdb.DuckDBPyConnection, target: str, sources: list[Source]) -> None:
    """Make the rows that readers see of a completed source and of those that complete it."""
    parts = matched_parts(connection, target, sources)
    own = sorted({*stored_relations(connection, target, own=True), "identifiers"})
    everywhere = {*own, *(name for part in parts for name in (*part.relations, "identifiers"))}
    names = ", ".join(quoted(name) for name in (target, *(part.source.name for part in parts)))
    for relation in sorted(everywhere):
        connection.execute(f"delete from {relation} where source in ({names})")
    _contacts(connection, target, [part for part in parts if "interactions" in part.relations])
    for relation in own:
        if relation != "interactions":
            bulk.copy_rows(
                connection, f"(from {stored(relation, held=True)} where source = {quoted(target)})", relation, {}
            )
    for number, part in enumerate(parts):
        for relation in dict.fromkeys([*part.relations, "identifiers"]):
            _add(connection, part, relation, parts[:number])
        account(connection, part)
    for part in parts:
        connection.execute(f"drop table temp.{part.matched}")


def _match(connection: duckdb.DuckDBPyConnection, part: Part, target: str) -> None:
    """Find the contacts that a source's records tell of."""
    _match_contacts(connection, part, target)
    connection.execute(f"alter table temp.{part.matched} add column our_source varchar default {quoted(target)}")


def _keys(part: Part) -> list[Key]:
    return [ById() if gap is None else ByIdentifier(kind, gap.total_seconds()) for kind, gap in part.completion.keys]


def _match_leftovers(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> None:
    """Find, for records without a contact of the completed source, records of a source named before that have none
    either: they tell of one contact."""
    keeping = [part for part in parts if part.completion.unmatched == "keep" and "interactions" in part.relations]
    for number, part in enumerate(keeping):
        for later in keeping[number + 1 :]:
            match(
                connection,
                _keys(later),
                theirs=_left(later, "interaction_id as id, '' as slot, started_at as at"),
                theirs_ids=_identifiers_of(later.source.name),
                ours=_left(part, "interaction_id as id, started_at as at, ended_at as until"),
                ours_ids=_identifiers_of(part.source.name),
                into="matched_leftovers",
            )
            connection.execute(
                f"insert into {later.matched} by name select *, {quoted(part.source.name)} as our_source "
                "from matched_leftovers"
            )
    connection.execute("drop table if exists temp.matched_leftovers")


def _left(part: Part, columns: str) -> str:
    """The contacts of a source that none of another is matched to."""
    return f"""(select {columns} from (
        from (from held_interactions where source = {quoted(part.source.name)}) h
        anti join {part.matched} m on m.their_id = h.interaction_id))"""


def _identifiers_of(source: str, owner: str = "interaction") -> str:
    return f"""(select owner_id as id, kind, value from held_identifiers
        where source = {quoted(source)} and owner = {quoted(owner)})"""


def _match_contacts(connection: duckdb.DuckDBPyConnection, part: Part, target: str) -> None:
    source, keys = quoted(part.source.name), _keys(part)
    contacts = f"""(select interaction_id as id, started_at as at, ended_at as until from held_interactions
        where source = {quoted(target)})"""
    contact_ids = _identifiers_of(target)
    if part.by_survey:
        theirs = f"""(select survey_id as id, coalesce(question, '') as slot, coalesce(invited_at, answered_at) as at,
            interaction_id from held_surveys where source = {source})"""
    elif "interactions" in part.relations:
        theirs = f"""(select interaction_id as id, '' as slot, started_at as at, interaction_id
            from held_interactions where source = {source})"""
    else:  # what hangs on contacts, and on nothing of its own
        theirs = f"""(select distinct interaction_id as id, '' as slot, null::timestamp as at, interaction_id
            from ({_union(part)}) hanging)"""
    their_ids = _identifiers_of(part.source.name, "survey" if part.by_survey else "interaction")
    if part.by_survey:
        _match_surveys(connection, part, keys, theirs, their_ids, contacts, contact_ids)
        return
    match(connection, keys, theirs=theirs, theirs_ids=their_ids, ours=contacts, ours_ids=contact_ids, into=part.matched)


def _match_surveys(
    connection: duckdb.DuckDBPyConnection,
    part: Part,
    keys: list[Key],
    theirs: str,
    their_ids: str,
    contacts: str,
    contact_ids: str,
) -> None:
    """An answer that names its contact is about it, however many do; the others find theirs by identifiers, one to each
    question that a contact has no answer to."""
    told = f"""select t.slot, t.id, t.interaction_id, {quoted(SAME_ID)}, null from {theirs} t
        semi join {contacts} c on c.id = t.interaction_id"""
    match(
        connection,
        [key for key in keys if isinstance(key, ByIdentifier)],
        theirs=theirs,
        theirs_ids=their_ids,
        ours=contacts,
        ours_ids=contact_ids,
        into=part.matched,
        afterwards=True,
        known=told if ById() in keys else "",
    )


def _union(part: Part) -> str:
    hanging = [name for name in part.relations if RELATIONS[name].owner == CONTACT]
    selects = [
        f"select interaction_id from {stored(name, held=True)} where source = {quoted(part.source.name)}"
        for name in hanging
    ]
    return " union all ".join(selects) or "select null::varchar as interaction_id where false"


def _contacts(connection: duckdb.DuckDBPyConnection, target: str, parts: list[Part]) -> None:
    """The contacts of the completed source, filled, and those of the others that are none of its."""
    of_target = f"(from held_interactions where source = {quoted(target)})"
    _filled_contacts(connection, target, of_target, parts, _same_throughout(connection, target))
    for number, part in enumerate(parts):
        if part.completion.unmatched == "keep":
            _filled_contacts(connection, part.source.name, _left(part, "*"), parts[number + 1 :], {})


def _filled_contacts(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    contacts: str,
    parts: Sequence[Part],
    constant: dict[str, str],
) -> None:
    """Contacts of a source, the cells they lack filled from the records of others that are matched to them.

    Args:
        contacts: a sub-query.
        parts: the others; those that have no such record are left out.
        constant: columns that hold one value in all of the contacts.
    """
    of_these = f"where our_source = {quoted(source)}"
    parts = [part for part in parts if _any(connection, f"{part.matched} {of_these}")]
    joins, others = "", {f"b{number}": part for number, part in enumerate(parts)}
    for alias, part in others.items():
        joins += f"""
            left join (from {part.matched} {of_these}) m{alias} on m{alias}.our_id = a.interaction_id
            left join (from held_interactions where source = {quoted(part.source.name)}) {alias}
                on {alias}.interaction_id = m{alias}.their_id"""
    own = _columns(connection, source)
    theirs = {alias: _columns(connection, part.source.name) for alias, part in others.items()}
    names = own.union(*theirs.values())
    values = {
        name: _filled(name, [each for each in others if name in theirs[each] or name in TOGETHER]) for name in names
    }
    constant = {"source": quoted(source)} | constant
    varying = {name: sql for name, sql in values.items() if name not in constant}
    bulk.insert(connection, "interactions", f"{contacts} a {joins}", varying, constant)


def _any(connection: duckdb.DuckDBPyConnection, origin: str) -> bool:
    return bool(connection.execute(f"select 1 from {origin} limit 1").fetchall())


def _columns(connection: duckdb.DuckDBPyConnection, source: str) -> set[str]:
    """The columns of a source's contacts that may hold something."""
    fed = stored_relations(connection, source, own=True).get("interactions", [])
    return {*fed, *OWN, *HIDDEN["interactions"]} - GIVEN_BY_STEPS


def _same_throughout(connection: duckdb.DuckDBPyConnection, target: str) -> dict[str, str]:
    """The columns of a source's contacts that hold one text in all of them, of those that nothing fills."""
    names = sorted(SELDOM_VARY)
    asked = ", ".join(f"min({name}), max({name})" for name in names)
    (found,) = connection.execute(
        f"select {asked} from held_interactions where source = $source", {"source": target}
    ).fetchall()
    spans = zip(names, found[::2], found[1::2], strict=True)
    return {name: quoted(least) for name, least, greatest in spans if least is not None and least == greatest}


def _filled(name: str, others: Sequence[str]) -> str:
    """A column of a contact: its own value, else the first of those that complete it."""
    own = f"a.{named(name)}"
    if name in OWN or name in ("_file", "_record", "_version_time") or not others:
        return own
    if name in TOGETHER:
        lead = TOGETHER[name]
        cases = " ".join(f"when {each}.{named(lead)} is not null then {each}.{named(name)}" for each in ("a", *others))
        if lead != "outcome":
            return f"case {cases} end"
        # a code that is no outcome is kept, and counted as such, where nobody has an outcome
        codes = ", ".join(f"{each}.{named(name)}" for each in others)
        return f"case when {own} is not null then {own} {cases} else coalesce({codes}) end"
    return f"coalesce({', '.join([own, *(f'{each}.{named(name)}' for each in others)])})"


def _add(connection: duckdb.DuckDBPyConnection, part: Part, relation: str, earlier: Sequence[Part]) -> None:
    """Add what a completing source gives of a relation, under the key of the contact it belongs to.

    Args:
        earlier: sources that have added theirs. A row with an id of its content (`row_id`) that one of them gives of
            the same contact is the same thing seen twice, and is not repeated.
    """
    source = part.source.name
    held = f"(from {stored(relation, held=True)} where source = {quoted(source)})"
    keep = part.completion.unmatched == "keep"
    if relation == "interactions":
        return
    if relation == "identifiers":
        _add_identifiers(connection, part, held, keep=keep)
    elif relation == "surveys":
        _add_surveys(connection, part, held, keep=keep)
    elif RELATIONS[relation].owner == CONTACT:
        key = RELATIONS[relation].key[1]
        joined = _with_contacts(part, held)
        for other in earlier:
            if relation in other.relations:
                theirs = f"(from {stored(relation, held=True)} where source = {quoted(other.source.name)})"
                joined = f"""select h.* from ({joined}) h anti join ({_with_contacts(other, theirs)}) o
                    on o.{named(key)} = h.{named(key)} and regexp_full_match(h.{named(key)}, '{BY_CONTENT}')
                    and coalesce(o.our_source, o.source) = coalesce(h.our_source, h.source)
                    and coalesce(o.our_id, o.interaction_id) = coalesce(h.our_id, h.interaction_id)"""
        origin = f"(from ({joined}) {'' if keep else 'where our_id is not null'})"
        changes = {
            "source": "coalesce(our_source, source)",
            "interaction_id": "coalesce(our_id, interaction_id)",
            key: f"case when our_id is null then {named(key)} else {quoted(source + ':')} || {named(key)} end",
        }
        bulk.copy_rows(connection, origin, relation, changes)
    else:
        bulk.copy_rows(connection, held, relation, {})


def _with_contacts(part: Part, held: str) -> str:
    return f"""select h.*, m.our_id, m.our_source from {held} h
        left join {part.matched} m on m.their_id = h.interaction_id"""


def _add_identifiers(connection: duckdb.DuckDBPyConnection, part: Part, held: str, *, keep: bool) -> None:
    """Identifiers go to the contact; one that it has already is not repeated."""
    source = quoted(part.source.name)
    of_contacts = f"(from {held} where owner = 'interaction')"
    matched = f"""(
        select m.our_source as source, m.our_id as owner_id, kind, value, min(_file) as _file
        from {of_contacts} h join {part.matched} m on m.their_id = h.owner_id group by 1, 2, 3, 4
    ) n anti join (from identifiers where owner = 'interaction') o using (source, owner_id, kind, value)"""
    varying = {name: name for name in ("source", "owner_id", "kind", "value", "_file")}
    bulk.insert(connection, "identifiers", matched, varying, {"owner": "'interaction'"})
    if keep:
        alone = f"(from {of_contacts} h anti join {part.matched} m on m.their_id = h.owner_id)"
        bulk.copy_rows(connection, alone, "identifiers", {})
    surveyed = "" if keep else f"semi join (from surveys where source = {source}) s on s.survey_id = h.owner_id"
    bulk.copy_rows(connection, f"(from (from {held} where owner = 'survey') h {surveyed})", "identifiers", {})


def _add_surveys(connection: duckdb.DuckDBPyConnection, part: Part, held: str, *, keep: bool) -> None:
    """Surveys keep their own key and are told their contact."""
    of = "h.survey_id" if part.by_survey else "h.interaction_id"
    joined = f"select h.*, m.our_id, m.our_source from {held} h left join {part.matched} m on m.their_id = {of}"
    origin = f"({joined} {'' if keep else 'where m.our_id is not null'})"
    changes = {
        "interaction_source": "coalesce(our_source, interaction_source)",
        "interaction_id": "coalesce(our_id, interaction_id)",
    }
    bulk.copy_rows(connection, origin, "surveys", changes)


def _refresh(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, target: str, sources: Sequence[Source]
) -> None:
    """Bring up to date what the store knows of these sources besides their rows."""
    names = [target, *(source.name for source in sources)]
    for number, completed in enumerate(names):
        connection.execute("delete from feeds where source = $source and _by is not null", {"source": completed})
        for source in sources[number:]:
            for relation, columns in stored_relations(connection, source.name, own=True).items():
                if relation == "interactions" or RELATIONS[relation].owner == CONTACT:
                    connection.execute(
                        "insert into feeds values ($source, $relation, $columns::varchar[], $by)",
                        {"source": completed, "relation": relation, "columns": columns, "by": source.name},
                    )
    for name in names:
        connection.execute("delete from fills where source = $source", {"source": name})
        refresh_tallies(connection, workspace, name)
