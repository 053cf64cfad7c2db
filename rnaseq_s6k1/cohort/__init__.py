"""Patient cohorts: barcodes, groups by a gene's expression, and the balance between them."""
