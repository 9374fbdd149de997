"""Funnels: how many units go through given steps, judged on attempts that begin with the first step."""
