"""Single-sample gene-set scores: one method a file, each with its limits and its source."""
