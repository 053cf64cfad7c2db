"""Rotation tests: gene-set p-values that respect the correlation among genes."""
