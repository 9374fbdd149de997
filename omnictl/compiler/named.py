"""What the referential says of solutions, intents and channels, as tables that rows are joined with by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from omnictl.engines.connection import quoted
from omnictl.glossary.deferred import NUMBERS
from omnictl.referential import Channel, Intent, Referential, Solution

KNOWN = {  # the attributes that each kind may have, whether any entry says them or not
    "solution": ("label", "channel", "owner"),
    "intent": ("label", "parent", "value", "better_with", "contact_class"),
    "channel": ("label", "mode", "kind"),
}
MONEY = "decimal(18, 3)"


def attributes_of(referential: Referential, kind: str) -> list[str]:
    """The names of the attributes of a kind."""
    own = (name for entry in _entries(referential, kind).values() for name in entry.attributes)
    return list(dict.fromkeys([*KNOWN[kind], *sorted(own)]))


def table_of(referential: Referential, kind: str, attribute: str, lang: str) -> str:
    """SELECT of `name` and `value`, one row per entry that says it, by name. Labels are those of the language."""
    kind_of = MONEY if (kind, attribute) in NUMBERS else "varchar"
    rows = [f"({quoted(name)}, {value})" for name, value in _values(referential, kind, attribute, lang)]
    if not rows:  # there is no VALUES of no rows; a name that is NULL is that of no row
        rows = ["(cast(null as varchar), null)"]
    listed = f"(values {', '.join(rows)}) as named(name, value)"
    return f"select name, cast(value as {kind_of}) as value\nfrom {listed}"


def _values(referential: Referential, kind: str, attribute: str, lang: str) -> Iterator[tuple[str, str]]:
    for name, entry in sorted(_entries(referential, kind).items()):
        found: str | Decimal | None = entry.attributes.get(attribute)
        if attribute == "label":
            found = entry.label.get(lang) or entry.label.get("en") or next(iter(entry.label.values()), name)
        elif found is None and attribute in KNOWN[kind]:
            found = getattr(entry, attribute)
        if found is not None:
            yield name, format(found, "f") if isinstance(found, Decimal) else quoted(found)


def _entries(referential: Referential, kind: str) -> Mapping[str, Intent | Solution | Channel]:
    found: dict[str, Mapping[str, Intent | Solution | Channel]] = {
        "solution": referential.solutions,
        "intent": referential.intents,
        "channel": referential.channels,
    }
    return found[kind]
