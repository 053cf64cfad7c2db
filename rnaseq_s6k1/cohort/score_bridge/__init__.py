"""From a differential-expression result to a score in every tumour, and what it is worth."""
