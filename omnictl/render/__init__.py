"""Tables in the formats people and programs read."""
