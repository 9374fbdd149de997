"""Records of a source that completes another one and that found no contact there: kept, filtered or rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.completion import Completion
from omnictl.engines.connection import quoted
from omnictl.ingest.schema import columns_of, stored
from omnictl.sources import Source

if TYPE_CHECKING:
    import duckdb

REASON = "no contact of `{of}` matches it"
LISTED = 1_000  # of one file


@dataclass(frozen=True)
class Part:
    """A source that completes another, the relations it gives, and the table of what was matched.

    `matched` has slot, their_id, our_id; their_id is an interaction's, or, of `surveys` alone, a survey's.
    """

    source: Source
    relations: Sequence[str]
    matched: str

    @property
    def completion(self) -> Completion:
        assert self.source.completion is not None
        return self.source.completion

    @property
    def by_survey(self) -> bool:
        return "surveys" in self.relations and "interactions" not in self.relations


def account(connection: duckdb.DuckDBPyConnection, part: Part) -> None:
    """Count the records without a contact as filtered or rejected, when they are not kept."""
    source, completion = part.source.name, part.completion
    restore_accounts(connection, source)
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


def _contact_key(part: Part, relation: str) -> str:
    """The column of a relation's rows that was matched to a contact; '' where rows are of no contact."""
    if relation == "surveys":
        return "survey_id" if part.by_survey else "interaction_id"
    return "interaction_id" if "interaction_id" in columns_of(relation) else ""


def restore_accounts(connection: duckdb.DuckDBPyConnection, source: str) -> None:
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
