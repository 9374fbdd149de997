"""What holds for the whole plan: personal data, names, what the referential must say, and who answers for what."""

from __future__ import annotations

from omnictl.render.document import Block, Cell, Code, Grid, Heading, Inline, Items, Paragraph
from omnictl.tracking.document.edition import Edition, joined, said, worded
from omnictl.tracking.document.owners import ROLES, Owner, Owners
from omnictl.tracking.document.words import REFERENTIAL
from omnictl.tracking.plan import Property


def personal_blocks(edition: Edition) -> list[Block]:
    """Every personal property: where it is, why it is kept, and how; those kept for the same reasons together."""
    words = edition.words
    found: list[Block] = [Heading(words["personal"], anchor="personal")]
    where: dict[tuple[object, ...], list[Inline]] = {}
    alike: dict[tuple[object, ...], Property] = {}
    for event in edition.plan.events:
        for each in event.properties:
            if each.privacy:
                key = (each.name, each.column, edition.text(each.meaning), each.privacy, each.purposes)
                alike.setdefault(key, each)
                where.setdefault(key, []).append(edition.event(event))
    rows: list[list[Cell]] = [
        [Code(each.name), edition.text(each.meaning), joined(where[key]), _purposes(edition, each),
         worded(words[f"kept_{each.privacy}"])]
        for key, each in alike.items()
    ]  # fmt: skip
    if not rows:
        return [*found, Paragraph(words["no_personal"])]
    heads = [words[each] for each in ("field", "meaning", "where", "why", "how_kept")]
    return [*found, Grid(rows, heads), Paragraph(words["consent"])]


def _purposes(edition: Edition, each: Property) -> Cell:
    return joined([edition.purpose(name) for name in each.purposes], between=" · ") or edition.words["no_purpose"]


def naming_blocks(edition: Edition) -> list[Block]:
    """How events and properties are named."""
    words = edition.words
    told = edition.plan.naming
    if edition.lang == "fr":  # as `Convention.told` ends
        told = told.replace("characters at most", "caractères au plus")
    return [
        Heading(words["naming"], anchor="naming"),
        Paragraph(said(words["naming_intro"], [Code(told)])),
    ]


def referential_blocks(edition: Edition) -> list[Block]:
    """What KPIs take from the referential; nothing where they take nothing."""
    words = edition.words
    keys = sorted({key for kpi in edition.plan.kpis for key in kpi.referential})
    if not keys:
        return []
    items: list[Cell] = []
    for key in keys:
        known = REFERENTIAL.get(key)
        text: list[Inline] = worded(edition.text(known)) if known else [Code(key)]
        kpis = edition.some_kpis(kpi.address for kpi in edition.plan.kpis if key in kpi.referential)
        items.append([*text, " (", *kpis, ")"])
    heading = Heading(words["referential"], anchor="referential")
    return [heading, Paragraph(words["referential_intro"]), Items(items)]


def owner_blocks(edition: Edition, owners: Owners) -> list[Block]:
    """Who provides, defines, acts and asks."""
    words = edition.words
    found: list[Block] = [Heading(words["owners"], anchor="owners")]
    if not owners.rows:
        return [*found, Paragraph(words["no_owners"])]
    for role in ROLES:
        theirs = owners.of(role)
        if theirs:
            rows: list[list[Cell]] = [
                [who or words["nobody"], joined([part for row in rows for part in [_thing(edition, row)]])]
                for who, rows in theirs.items()
            ]
            found += [Heading(words[f"role_{role}"], 3), Grid(rows, [words["who"], words["what"]])]
    return found


def _thing(edition: Edition, row: Owner) -> Inline:
    label = edition.text(row.label) or row.what
    if row.kind == "event":
        event = edition.plan.event(row.what)
        return edition.event(event) if event is not None else Code(row.what)
    if row.kind in ("source", "kpi", "need"):
        return edition.link(label, row.kind, row.what, code=row.kind == "source")
    return f"{label} ({edition.words[f'kind_{row.kind}']})"
