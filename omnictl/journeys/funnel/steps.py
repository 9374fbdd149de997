"""Steps in short form: `phone`, `faq`, `page:/claims/**`, `form_submit`, `phone[outcome=handled]`.

A name is a channel or a kind of interaction, or a type of step. What stands in brackets, or under `where`, goes through
the guard of expressions, like every text of a stranger.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from omnictl.errors import DefinitionError, Finding, did_you_mean
from omnictl.glossary.written import Written
from omnictl.relations.column import CHANNELS
from omnictl.relations.steps import STEPS

if TYPE_CHECKING:
    import duckdb
    from sqlglot import exp

    from omnictl.glossary.expressions import Fault
    from omnictl.glossary.scope import Scope

TYPES: tuple[str, ...] = next(column.among for column in STEPS.columns if column.name == "type")
KINDS = ("contact", "visit")
FORMS = "phone, contact, page:/claims/**, article:a12, form_submit, phone[outcome=handled]"
_SHORT = re.compile(r"\s*(?P<name>\w+)\s*(:\s*(?P<object>[^\[\]]+?))?\s*(\[(?P<filter>.*)\])?\s*\Z", re.S)
_PAIR = re.compile(r"\s*(?P<column>\w+)\s*(?P<sign>!=|=)\s*(?P<values>[^=<>!'\"()\[\]]+?)\s*\Z")
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?\Z")


@dataclass(frozen=True)
class Condition:
    """Which rows are a step: rows of a relation that meet a condition.

    Attributes:
        text: the short form.
        tree: over the columns of the relation, and of what its rows belong to by their aliases.
        channel: the one its rows are on; '' where that is not told.
        names: the columns it names.
        bare: what its name alone says, without brackets; None where that is anything.
    """

    text: str
    relation: str
    tree: exp.Expression
    channel: str
    names: frozenset[str]
    bare: exp.Expression | None = None


def condition_of(
    short: Written, where: Written | None, known: Collection[str], *, every_direction: bool = False
) -> Condition:
    """What a short form says.

    Args:
        where: an SQL condition besides.
        known: channels of the data, beside those omnictl knows.
        every_direction: contacts that the company began too; else inbound ones only, unless the step names `direction`.

    Raises:
        DefinitionError: a name that is no channel and no type of step, or a condition that cannot be.
    """
    from sqlglot import exp

    from omnictl.glossary.reach import reach_of
    from omnictl.glossary.scope import Scope

    found = _SHORT.match(short.text)
    if found is None:
        raise DefinitionError(_finding("unknown-step", f"`{short.text}` is no step", short, FORMS))
    name, about = found["name"].casefold(), found["object"]
    relation, channel = _relation(name, about, short, known)
    trees: list[exp.Expression] = []
    if relation == "steps":
        trees.append(_equal("type", name))
        trees += [_about(about)] if about is not None else []
    elif name not in KINDS:
        trees.append(_equal("channel", name))
    else:
        trees.append(_equal("kind", name))
    bare = trees[0] if len(trees) == 1 else exp.And(this=trees[0].copy(), expression=trees[1].copy())
    scope = Scope(reach_of(relation))
    if found["filter"] is not None:
        text = _filter(found["filter"], scope) or found["filter"]
        trees.append(_guarded(text, scope, short, text == found["filter"] and found.start("filter")))
    if where is not None:
        trees.append(_guarded(where.text, scope, where, 0))
    names = frozenset(column.name for tree in trees for column in tree.find_all(exp.Column))
    if relation == "interactions" and "direction" not in names and not every_direction:
        trees.append(_equal("direction", "inbound"))
    whole = trees[0]
    for tree in trees[1:]:
        whole = exp.And(this=whole, expression=exp.Paren(this=tree))
    return Condition(short.text.strip(), relation, whole, channel, names, bare)


def guarded_condition(text: str, relation: str, place: Written) -> exp.Expression:
    """A condition over a relation's rows.

    Raises:
        DefinitionError: it cannot be.
    """
    from omnictl.glossary.reach import reach_of
    from omnictl.glossary.scope import Scope

    return _guarded(text, Scope(reach_of(relation)), place, 0)


def _relation(name: str, about: str | None, short: Written, known: Collection[str]) -> tuple[str, str]:
    """The relation whose rows a name means, and the channel it names."""
    if name in TYPES:
        return "steps", ""
    if name not in KINDS and name not in CHANNELS and name not in known:
        hint = did_you_mean(name, sorted({*TYPES, *KINDS, *CHANNELS, *known})) or FORMS
        raise DefinitionError(_finding("unknown-step", f"`{name}` is no channel and no type of step", short, hint))
    if about is not None:
        hint = f"{name}[solution={about}], or a type of step such as page:{about}"
        raise DefinitionError(_finding("unknown-step", f"a {name} is about no page or article", short, hint))
    return "interactions", "" if name in KINDS else name


def _equal(column: str, value: str) -> exp.Expression:
    from sqlglot import exp

    return exp.EQ(this=exp.column(column), expression=exp.Literal.string(value))


def _about(pattern: str) -> exp.Expression:
    """`*` stands for any text without `/`, `**` for any."""
    from sqlglot import exp

    if "*" not in pattern:
        return _equal("object", pattern)
    parts = re.split(r"(\*\*|\*)", pattern)
    text = "".join({"**": ".*", "*": "[^/]*"}.get(part, _escaped(part)) for part in parts)
    return exp.RegexpLike(this=exp.column("object"), expression=exp.Literal.string(f"^{text}$"))


def _escaped(text: str) -> str:
    return re.sub(r"([^\w/ -])", r"\\\1", text)


def _filter(text: str, scope: Scope) -> str:
    """`outcome=handled, intent=claim|loss` as SQL; '' where it is no such list, but SQL itself."""
    found = []
    for part in text.split(","):
        pair = _PAIR.match(part)
        named = scope.reach.find(pair["column"]) if pair is not None and scope.reach is not None else None
        if pair is None:
            return ""
        kind = named.kind if named is not None else "text"
        values = ", ".join(_value(each.strip(), kind) for each in pair["values"].split("|"))
        told = f"{pair['column']} in ({values})"
        found.append(f"not ({told})" if pair["sign"] == "!=" else told)
    return " and ".join(found)


def _value(text: str, kind: str) -> str:
    if (kind == "number" and _NUMBER.match(text)) or (kind == "boolean" and text.casefold() in ("true", "false")):
        return text
    return "'" + text.replace("'", "''") + "'"


def _guarded(text: str, scope: Scope, place: Written, offset: int | bool) -> exp.Expression:
    from sqlglot import exp

    from omnictl.glossary.expressions import parse_expression
    from omnictl.glossary.guard import RowGuard

    tree = parse_expression(text, scope.faults)
    found = RowGuard(scope).condition(tree) if tree is not None else exp.null()
    if scope.faults:
        raise DefinitionError([_told(fault, place, offset) for fault in scope.faults])
    other = {column.table for column in found.find_all(exp.Column)} - {"", "i", "p"}
    if other:
        message = "a step is told by its own row: not by what follows it, what it cost or what its source has reached"
        raise DefinitionError(_finding("not-accepted", message, place, "--hold, --exclude and windows say the rest"))
    return found


def _told(fault: Fault, place: Written, offset: int | bool) -> Finding:
    where, excerpt = place.place, place.excerpt()
    if offset is not False:
        where, excerpt = place.at(fault.offset + int(offset), fault.width)
    return Finding(fault.code, fault.message, where, fault.hint, excerpt=excerpt)


def _finding(code: str, message: str, place: Written, hint: str) -> Finding:
    return Finding(code, message, place.place, hint, excerpt=place.excerpt())


def nowhere(conditions: Iterable[Condition], con: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The steps of which the data has none at all, whatever the period: their 0 says nothing of customers."""
    found = []
    for each in conditions:
        if each.bare is not None:
            there = f"select exists (select 1 from {each.relation} where {each.bare.sql('duckdb')})"
            if con.execute(there).fetchall() == [(False,)]:
                found.append(each.text)
    return tuple(dict.fromkeys(found))


def nowhere_told(steps: Iterable[str]) -> Iterator[str]:
    """Notes that say so."""
    return (f"nothing in the data is `{each}`: its 0 says nothing of customers" for each in steps)


def columns_named(conditions: Iterable[Condition]) -> frozenset[str]:
    """The columns that conditions name."""
    return frozenset(name for each in conditions for name in each.names)
