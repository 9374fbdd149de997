"""What a relation that a plugin brings must keep, so that it can stand beside ours."""

from __future__ import annotations

import re
from typing import Any, get_args

from omnictl.relations import OURS
from omnictl.relations.column import TIME, Column, Relation, Type

NAME = re.compile(r"[a-z][a-z0-9_]*\Z")

# Names of tables beside the relations: the store's ledger, what a load works with, and what later stages make.
TAKEN = frozenset(
    (
        *("files", "sources", "feeds", "fills", "unmapped", "meta"),
        *("file", "given", "arrived", "staged", "staged_files", "widened", "fallen", "begins", "hashed", "first_rows"),
        *("identities", "candidates", "followups", "needs", "levels", "costs", "person_changes"),
    )
)
PREFIXES = ("held_", "learned_", "landed_", "given_", "pseudonyms_")


def faults_of_relation(relation: Any) -> list[str]:
    """What of a relation breaks the rules, in words."""
    if not isinstance(relation, Relation):
        return [f"it gives a relation that is none: {relation!r}"]
    name = str(relation.name)
    shown = f"relation `{name}`"
    if not NAME.match(name) or _reserved(name):
        return [f"`{name}` cannot name a relation: small letters, digits and `_`, no word of SQL"]
    if name in OURS or name in TAKEN or name.startswith(PREFIXES):
        return [f"{shown}: the name is taken by omnictl"]
    columns = relation.columns
    if not all(isinstance(column, Column) for column in columns):
        return [f"{shown}: `columns` holds what is no Column"]
    faults = [f"{shown}: `{one.name}` cannot name a column" for one in columns if not NAME.match(str(one.name))]
    faults += [
        f"{shown}: column `{one.name}` cannot be of type {one.type!r}"
        for one in columns
        if one.type not in get_args(Type)
    ]
    if len(set(relation.names)) < len(columns):
        faults.append(f"{shown}: two columns have the same name")
    if relation.column("source") is None or relation.key[:1] != ("source",) or len(relation.key) < 2:
        faults.append(f'{shown}: its first column is SOURCE, and its key ("source", "…")')
    faults += [
        f"{shown}: its key names `{key}`, which is no column" for key in relation.key if not relation.column(key)
    ]
    for key in relation.key:
        column = relation.column(key)
        if column is not None and not column.required:
            faults.append(f"{shown}: `{key}` is of the key and must be required")
    at = relation.column(relation.at)
    if at is None or at.type != TIME:
        faults.append(f"{shown}: `at` must name a column of type TIME, not `{relation.at}`")
    if relation.written_by != "connector":
        faults.append(f"{shown}: it is written by connectors")
    return faults


def _reserved(name: str) -> bool:
    import duckdb

    if all(kind != duckdb.token_type.keyword for _, kind in duckdb.tokenize(name)):
        return False  # nearly every name; a connection to ask about the others takes long
    with duckdb.connect() as connection:
        (found,) = connection.execute(
            "select count(*) from duckdb_keywords() where keyword_name = $name and keyword_category = 'reserved'",
            {"name": name},
        ).fetchall()
    return bool(found[0])
