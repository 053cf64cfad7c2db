"""Genes: the human gene table, names for a matrix's ids, matching to gene sets."""
