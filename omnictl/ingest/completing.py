"""Sources that complete others: two exports of the same contacts become one contact.

The rows of a source that is completed, and of those that complete it, are held apart as they were read. From these the
rows that readers see are put together anew whenever one of the sources has changed, so that they follow from what was
read and not from its order: each contact with the cells it lacks filled from the records matched to it, and what else
these say of it (segments, steps, surveys, identifiers) under its key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from omnictl.engines.connection import named, quoted
from omnictl.engines.store import read_meta, write_meta
from omnictl.ingest import bulk
from omnictl.ingest.coinciding import coinciding, worded
from omnictl.ingest.matching import ById, ByIdentifier, Key, match
from omnictl.ingest.schema import columns_of, make_held, stored, stored_relations
from omnictl.ingest.tallies import refresh_fills, refresh_unmapped
from omnictl.relations import RELATIONS
from omnictl.sources import SAME_ID, Completion, Source
from omnictl.workspace import Workspace

if TYPE_CHECKING:
    import duckdb

REASON = "no contact of `{of}` matches it"
LISTED = 1_000  # of one file
COMPLETIONS = "completions"  # what the store says of who completed whom at the last run
WITHOUT_STEPS = {
    "intent": "case when not coalesce(_intent_by_step, false) then intent end",
    "intent_source": "case when not coalesce(_intent_by_step, false) then intent_source end",
    "solution": "case when not coalesce(_solution_by_step, false) then solution end",
    "_intent_by_step": "null::boolean",
    "_solution_by_step": "null::boolean",
}
# Columns of a contact that another record does not fill: they are never NULL, or say which record it is.
OWN = frozenset({"source", "interaction_id", "kind", "channel", "direction", "excluded", "started_at", "version_at"})
CONTACT = ("source", "interaction_id")  # what rows of other relations hang on
TOGETHER = {  # columns that are only filled along with another one
    "intent_source": "intent",
    "_intent_by_step": "intent",
    "_solution_by_step": "solution",
    "parent_source": "parent_id",
    "parent_kind": "parent_id",
    "outcome_detail": "outcome",
    "_outcome": "outcome",
}


def held_sources(workspace: Workspace) -> frozenset[str]:
    """The sources that complete another one or are completed."""
    completing = [source for source in workspace.sources.values() if source.completion is not None]
    return frozenset(name for source in completing for name in (source.name, _of(source).of))


def coincidences(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> list[str]:
    """Sources that seem to hold the same contacts though none completes the other, in words.

    Two sources that complete the same one are let be: neither can complete the other.
    """
    families: dict[str, set[str]] = {}
    for source in workspace.sources.values():
        if source.completion is not None:
            families.setdefault(source.completion.of, {source.completion.of}).add(source.name)
    together = {frozenset(pair) for family in families.values() for pair in combinations(sorted(family), 2)}
    return [worded(found) for found in coinciding(connection, together)]


def _of(source: Source) -> Completion:
    assert source.completion is not None
    return source.completion


def hold(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> None:
    """Have rows held apart of the sources that need it since omnictl.yml was changed, and no others.

    Whoever completes whom otherwise than before is put together anew.
    """
    arrangement = [
        (source.name, completion.of, completion.keys, completion.unmatched)
        for source in workspace.sources.values()
        if (completion := source.completion) is not None
    ]
    told = repr(arrangement)
    before = read_meta(connection, COMPLETIONS) or "[]"
    if told == before:
        return
    wanted = held_sources(workspace)
    completing = {name for name, *_ in arrangement}
    rows = connection.execute("select source, coalesce(_held, false) from sources order by source").fetchall()
    for source, held in rows:
        if held and source not in completing:
            _restore_accounts(connection, source)
        if held != (source in wanted):
            _move(connection, source, held=held)
        if held and source not in wanted:
            _show(connection, workspace, source)
    connection.execute(
        "update sources set _touched = true where _held or list_contains($all::varchar[], source)",
        {"all": [source for source, held in rows if held]},
    )
    write_meta(connection, COMPLETIONS, told)


def _move(connection: duckdb.DuckDBPyConnection, source: str, *, held: bool) -> None:
    """Move the rows of a source to where they wait, or, when they are `held`, back."""
    own = sorted({*stored_relations(connection, source, own=True), "identifiers"})
    known = {"source": source}
    make_held(connection, own)
    if held:
        for relation in {*own, *stored_relations(connection, source)}:
            connection.execute(f"delete from {relation} where source = $source", known)
    for relation in own:
        away, to = stored(relation, held=held), stored(relation, held=not held)
        # what steps gave is given anew, after contacts have been filled
        changes = WITHOUT_STEPS if relation == "interactions" else {}
        bulk.copy_rows(connection, f"(from {away} where source = {quoted(source)})", to, changes)
        connection.execute(f"delete from {away} where source = $source", known)
    connection.execute("update sources set _held = not _held where source = $source", known)


def _show(connection: duckdb.DuckDBPyConnection, workspace: Workspace, source: str) -> None:
    """Bring up to date what the store knows of a source whose rows are no longer held."""
    connection.execute("delete from feeds where source = $source and _by is not null", {"source": source})
    connection.execute("delete from fills where source = $source", {"source": source})
    for relation, columns in stored_relations(connection, source).items():
        refresh_fills(connection, RELATIONS[relation], source, columns)
    if source in workspace.sources:
        refresh_unmapped(connection, workspace, workspace.sources[source])


def complete(connection: duckdb.DuckDBPyConnection, workspace: Workspace) -> set[str]:
    """Put together the contacts of completed sources of which something has changed; returns the sources concerned."""
    touched = {source for (source,) in connection.execute("select source from sources where _touched").fetchall()}
    by_target: dict[str, list[Source]] = {}
    for source in workspace.sources.values():
        if source.completion is not None:
            by_target.setdefault(source.completion.of, []).append(source)
    concerned: set[str] = set()
    for target, sources in by_target.items():
        names = {target, *(source.name for source in sources)}
        if names & touched:
            make_held(connection, ["interactions"])
            _put_together(connection, target, sources)
            _refresh(connection, workspace, target, sources)
            concerned |= names
    return concerned


@dataclass(frozen=True)
class _Part:
    """A source that completes another, the relations it gives, and the table of what was matched.

    `matched` has slot, their_id, our_id; their_id is an interaction's, or, of `surveys` alone, a survey's.
    """

    source: Source
    relations: Sequence[str]
    matched: str

    @property
    def by_survey(self) -> bool:
        return "surveys" in self.relations and "interactions" not in self.relations


def _put_together(connection: duckdb.DuckDBPyConnection, target: str, sources: list[Source]) -> None:
    """Make the rows that readers see of a completed source and of those that complete it."""
    parts = []
    for number, source in enumerate(sources):
        relations = sorted(stored_relations(connection, source.name, own=True))
        part = _Part(source, relations, f"matched_{number}")
        _match(connection, part, target)
        parts.append(part)
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
    for part in parts:
        for relation in (*part.relations, "identifiers"):
            _add(connection, part, target, relation)
        _account(connection, part)
        connection.execute(f"drop table temp.{part.matched}")


def _match(connection: duckdb.DuckDBPyConnection, part: _Part, target: str) -> None:
    """Find the contacts that a source's records tell of."""
    source, completion = quoted(part.source.name), _of(part.source)
    keys: list[Key] = [
        ById() if gap is None else ByIdentifier(kind, gap.total_seconds()) for kind, gap in completion.keys
    ]
    contacts = f"""(select interaction_id as id, started_at as at, ended_at as until from held_interactions
        where source = {quoted(target)})"""
    contact_ids = f"""(select owner_id as id, kind, value from held_identifiers
        where source = {quoted(target)} and owner = 'interaction')"""
    if part.by_survey:
        theirs = f"""(select survey_id as id, coalesce(question, '') as slot, coalesce(invited_at, answered_at) as at,
            interaction_id from held_surveys where source = {source})"""
    elif "interactions" in part.relations:
        theirs = f"""(select interaction_id as id, '' as slot, started_at as at, interaction_id
            from held_interactions where source = {source})"""
    else:  # what hangs on contacts, and on nothing of its own
        theirs = f"""(select distinct interaction_id as id, '' as slot, null::timestamp as at, interaction_id
            from ({_union(part)}) hanging)"""
    owner = "survey" if part.by_survey else "interaction"
    their_ids = f"""(select owner_id as id, kind, value from held_identifiers
        where source = {source} and owner = {quoted(owner)})"""
    if part.by_survey:
        _match_surveys(connection, part, keys, theirs, their_ids, contacts, contact_ids)
        return
    match(connection, keys, theirs=theirs, theirs_ids=their_ids, ours=contacts, ours_ids=contact_ids, into=part.matched)


def _match_surveys(
    connection: duckdb.DuckDBPyConnection,
    part: _Part,
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


def _union(part: _Part) -> str:
    hanging = [name for name in part.relations if RELATIONS[name].owner == CONTACT]
    selects = [
        f"select interaction_id from {stored(name, held=True)} where source = {quoted(part.source.name)}"
        for name in hanging
    ]
    return " union all ".join(selects) or "select null::varchar as interaction_id where false"


def _contacts(connection: duckdb.DuckDBPyConnection, target: str, parts: list[_Part]) -> None:
    """The contacts of the completed source, filled, and those of the others that are none of its."""
    joins, others = "", [f"b{number}" for number in range(len(parts))]
    for alias, part in zip(others, parts, strict=True):
        joins += f"""
            left join {part.matched} m{alias} on m{alias}.our_id = a.interaction_id
            left join (from held_interactions where source = {quoted(part.source.name)}) {alias}
                on {alias}.interaction_id = m{alias}.their_id"""
    columns = ", ".join(f"{_filled(name, others)} as {named(name)}" for name in columns_of("interactions"))
    origin = f"(select {columns} from held_interactions a {joins} where a.source = {quoted(target)})"
    bulk.copy_rows(connection, origin, "interactions", {})
    for part in parts:
        if _of(part.source).unmatched == "keep":
            alone = f"""(from held_interactions where source = {quoted(part.source.name)}
                and interaction_id not in (select their_id from {part.matched}))"""
            bulk.copy_rows(connection, alone, "interactions", {})


def _filled(name: str, others: Sequence[str]) -> str:
    """A column of a contact: its own value, else the first of those that complete it."""
    own = f"a.{named(name)}"
    if name in OWN or name in ("_file", "_record", "_version_time") or not others:
        return own
    if name in TOGETHER:
        lead = TOGETHER[name]
        cases = " ".join(f"when {each}.{named(lead)} is not null then {each}.{named(name)}" for each in ("a", *others))
        first = f"when {own} is not null then {own} " if name.startswith("outcome") or name == "_outcome" else ""
        return f"case {first}{cases} end"
    return f"coalesce({', '.join([own, *(f'{each}.{named(name)}' for each in others)])})"


def _add(connection: duckdb.DuckDBPyConnection, part: _Part, target: str, relation: str) -> None:
    """Add what a completing source gives of a relation, under the key of the contact it belongs to."""
    source = part.source.name
    held = f"(from {stored(relation, held=True)} where source = {quoted(source)})"
    keep = _of(part.source).unmatched == "keep"
    if relation == "interactions":
        return
    if relation == "identifiers":
        _add_identifiers(connection, part, target, held, keep=keep)
    elif relation == "surveys":
        _add_surveys(connection, part, target, held, keep=keep)
    elif RELATIONS[relation].owner == CONTACT:
        key = RELATIONS[relation].key[1]
        joined = f"select h.*, m.our_id from {held} h left join {part.matched} m on m.their_id = h.interaction_id"
        origin = f"({joined} {'' if keep else 'where m.our_id is not null'})"
        changes = {
            "source": f"case when our_id is null then source else {quoted(target)} end",
            "interaction_id": "coalesce(our_id, interaction_id)",
            key: f"case when our_id is null then {named(key)} else {quoted(source + ':')} || {named(key)} end",
        }
        bulk.copy_rows(connection, origin, relation, changes)
    else:
        bulk.copy_rows(connection, held, relation, {})


def _add_identifiers(connection: duckdb.DuckDBPyConnection, part: _Part, target: str, held: str, *, keep: bool) -> None:
    """Identifiers go to the contact; one that it has already is not repeated."""
    own = f"{held} h left join {part.matched} m on m.their_id = h.owner_id and h.owner = 'interaction'"
    matched = f"""(
        select {quoted(target)} as source, owner, m.our_id as owner_id, kind, value, min(h._file) as _file
        from {own} where m.our_id is not null group by all
    ) n anti join (from identifiers where source = {quoted(target)}) o using (owner, owner_id, kind, value)"""
    bulk.copy_rows(connection, f"(from {matched})", "identifiers", {})
    surveyed = f"select survey_id from surveys where source = {quoted(part.source.name)}"
    kept = "true" if keep else f"h.owner = 'survey' and h.owner_id in ({surveyed})"
    bulk.copy_rows(connection, f"(select h.* from {own} where m.our_id is null and {kept})", "identifiers", {})


def _add_surveys(connection: duckdb.DuckDBPyConnection, part: _Part, target: str, held: str, *, keep: bool) -> None:
    """Surveys keep their own key and are told their contact."""
    of = "h.survey_id" if part.by_survey else "h.interaction_id"
    joined = f"select h.*, m.our_id from {held} h left join {part.matched} m on m.their_id = {of}"
    origin = f"({joined} {'' if keep else 'where m.our_id is not null'})"
    changes = {
        "interaction_source": f"case when our_id is null then interaction_source else {quoted(target)} end",
        "interaction_id": "coalesce(our_id, interaction_id)",
    }
    bulk.copy_rows(connection, origin, "surveys", changes)


def _account(connection: duckdb.DuckDBPyConnection, part: _Part) -> None:
    """Count the records without a contact as filtered or rejected, when they are not kept."""
    source, completion = part.source.name, _of(part.source)
    _restore_accounts(connection, source)
    if completion.unmatched == "keep":
        return
    selects = []
    for relation in part.relations:
        key = _contact_key(part, relation)
        found = f"{key} in (select their_id from {part.matched})" if key else "true"
        if "_record" in columns_of(relation):
            rows = f"{stored(relation, held=True)} where source = {quoted(source)}"
            selects.append(f"select _file, _record, coalesce({found}, false) as found from {rows}")
    if not selects:
        return
    connection.execute(
        f"""
        create or replace temp table contactless as
        select _file, _record from ({" union all ".join(selects)}) group by all having not bool_or(found)
        """
    )
    counted = "rejected" if completion.unmatched == "reject" else "filtered"
    connection.execute(
        f"""
        update files set used = used - n, {counted} = {counted} + n
        from (select _file, count(*) as n from contactless group by all) c where files.file_id = c._file
        """
    )
    if completion.unmatched == "reject":
        connection.execute(
            f"""
            insert into rejects (source, file, record, line, "column", reason, _file)
            select $source, files.path, _record, null, $column, $reason, _file
            from contactless join files on files.file_id = _file
            qualify row_number() over (partition by _file order by _record) <= {LISTED}
            """,
            {
                "source": source,
                "column": "survey_id" if part.by_survey else "interaction_id",
                "reason": REASON.format(of=completion.of),
            },
        )
    connection.execute("drop table temp.contactless")


def _contact_key(part: _Part, relation: str) -> str:
    """The column of a relation's rows that was matched to a contact; '' where rows are of no contact."""
    if relation == "surveys":
        return "survey_id" if part.by_survey else "interaction_id"
    return "interaction_id" if "interaction_id" in columns_of(relation) else ""


def _restore_accounts(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Count the records of a source as they were read, whether or not they have a contact."""
    connection.execute(
        """
        update files set used = _read, rejected = _refused, filtered = records - superseded - _read - _refused
        where source = $source and used <> _read
        """,
        {"source": source},
    )
    connection.execute(
        "delete from rejects where source = $source and starts_with(reason, $reason)",
        {"source": source, "reason": REASON.split("{")[0]},
    )


def _refresh(
    connection: duckdb.DuckDBPyConnection, workspace: Workspace, target: str, sources: Sequence[Source]
) -> None:
    """Bring up to date what the store knows of these sources besides their rows."""
    names = [target, *(source.name for source in sources)]
    connection.execute("delete from feeds where source = $source and _by is not null", {"source": target})
    for source in sources:
        for relation, columns in stored_relations(connection, source.name, own=True).items():
            if relation == "interactions" or RELATIONS[relation].owner == CONTACT:
                connection.execute(
                    "insert into feeds values ($source, $relation, $columns::varchar[], $by)",
                    {"source": target, "relation": relation, "columns": columns, "by": source.name},
                )
    for name in names:
        connection.execute("delete from fills where source = $source", {"source": name})
        for relation, columns in stored_relations(connection, name).items():
            refresh_fills(connection, RELATIONS[relation], name, columns)
        if name in workspace.sources:
            refresh_unmapped(connection, workspace, workspace.sources[name])
