"""Sample sheets, groups, formulas and contrasts: what is compared with what."""
