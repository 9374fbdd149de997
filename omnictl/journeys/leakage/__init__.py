"""Web-to-phone leakage: how many calls visits of nobody known lead to, as an estimate."""
