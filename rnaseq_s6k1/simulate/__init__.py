"""Simulated knock-down experiments: negative-binomial counts with a known truth."""
