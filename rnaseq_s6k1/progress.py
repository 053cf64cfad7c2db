"""What is told of long work: how much there is to do, and how much is done.

A function with a parameter ``progress`` calls ``expect`` when it knows of more to do, which may
happen several times, and ``advance`` when some of it is done. The unit is the function's own
(genes, random sets, bytes), and is named where the parameter is described. Calls come from any
thread. An object with these two methods is all that it takes:

>>> import rnaseq_s6k1 as s6k1
>>> class Counter:
...     expected = done = 0
...     def expect(self, amount):
...         self.expected += amount
...     def advance(self, amount):
...         self.done += amount
>>> counter = Counter()
>>> result = s6k1.run_de(
...     s6k1.simulate_counts(n_genes=3000).adata, "~ condition", ("condition", "siS6K1", "siNC")
... )
>>> sets = s6k1.read_gene_sets(["kegg_cell_cycle"])
>>> tested = s6k1.run_gsea(s6k1.rank_genes(result.table), sets, progress=counter)
>>> counter.done == counter.expected > 0
True
"""

from __future__ import annotations

from typing import Protocol

__all__ = ["Progress", "SilentProgress"]


class Progress(Protocol):
    """What is told of the work; called from several threads."""

    def expect(self, amount: int, /) -> None:
        """So much is to be done, beside what was expected before."""

    def advance(self, amount: int, /) -> None:
        """So much was done, or thrown away where negative."""


class SilentProgress:
    """Tells nobody."""

    def expect(self, amount: int, /) -> None:
        """Say nothing."""

    def advance(self, amount: int, /) -> None:
        """Say nothing."""
