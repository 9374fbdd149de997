"""What of a plan's KPIs the data can answer, why not, whom to ask and what would change it; and what a field carries.

`judging` decides, of each KPI, cut and channel, from the plan and from what the store holds (`held`); `removal` asks
the same of a workspace that lacks a source or a field.
"""
