"""What people do after an interaction: one thing on a channel, or several one after the other."""
