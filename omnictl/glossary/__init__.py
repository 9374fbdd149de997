"""The glossary: YAML in, KPIs out, with the place of everything that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omnictl.glossary.glossary import Glossary, load_glossary
    from omnictl.glossary.kpi import Kpi

__all__ = ["Glossary", "Kpi", "load_glossary"]


def __getattr__(name: str) -> Any:
    """Load the glossary when it is first wanted: a question whose plan was kept needs none of it."""
    if name in ("Glossary", "load_glossary"):
        from omnictl.glossary import glossary

        return getattr(glossary, name)
    if name == "Kpi":
        from omnictl.glossary.kpi import Kpi

        return Kpi
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
