"""Repeat contact: how many contacts are followed by another, how soon, and which."""
