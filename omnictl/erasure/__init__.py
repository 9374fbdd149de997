"""Whose data an identifier in the clear leads to, and how it is erased for good."""
