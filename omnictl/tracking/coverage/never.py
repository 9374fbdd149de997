"""Which columns of a branch the store never has, by what is known of the fill of each source and channel."""

from __future__ import annotations

from omnictl.compiler.catalog import Catalog
from omnictl.glossary.leaves import Leaf


def never(leaf: Leaf, catalog: Catalog, channel: str) -> set[str]:
    """The columns of a branch that are never filled, on a channel or on any of the data."""
    spots = [channel] if channel in catalog.channels_of(leaf.branch) else catalog.channels_of(leaf.branch)
    return {
        column
        for each in leaf.branch.made_of or (leaf.branch,)
        for column in each.needs
        if any(catalog.never_filled(each.reach.relation.name, column, spot) for spot in spots)
    }
