"""Interactions and people → follow-ups, needs and levels. Made anew as a whole, in one transaction."""

from omnictl.build.stage import build, derive

__all__ = ["build", "derive"]
