"""Questions about what customers do one after the other: repeat contacts, transitions, one person's story."""
