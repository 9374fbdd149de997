"""The published store against the plan: what is missing, empty, late, unplanned or impossible, and who can mend it."""
