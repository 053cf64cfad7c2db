"""From a ranking of genes to tested gene sets."""
