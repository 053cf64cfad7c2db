"""Compiled kernels of the gene-set tests: arrays in, arrays out, each citing its equation."""
