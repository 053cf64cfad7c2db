"""The specificity of a claim: the same split and test for a driver and for matched genes.

The rooms of the screen: `linear` (moderated t of one split), `score` (a gene's signed card
score), `background` (which genes are like the driver), `plan` (everything settled beforehand),
`scorers` (where scores are computed), `run` (rounds of background genes and the result),
`specificity` (the driver's place among them).
"""
