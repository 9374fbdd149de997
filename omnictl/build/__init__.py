"""Interactions and people → follow-ups, needs and levels. In one transaction; only what has changed, or everything."""

from omnictl.build.stage import build, derive

__all__ = ["build", "derive"]
