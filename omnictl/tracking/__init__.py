"""Tracking plans: from the KPIs wanted to what each tool must record, and whether it does."""
