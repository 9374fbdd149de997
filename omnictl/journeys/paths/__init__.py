"""Paths: what people do one after the other, counted by the names of the channels, solutions, pages or articles."""
