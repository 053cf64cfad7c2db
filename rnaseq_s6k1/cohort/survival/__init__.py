"""Survival of a cohort: curves, log-rank, Cox models, and cuts that know they were searched for."""
