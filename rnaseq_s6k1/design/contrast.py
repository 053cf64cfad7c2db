"""Which two groups are compared, and in which direction."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Contrast"]


@dataclass(frozen=True)
class Contrast:
    """A comparison of two levels of one factor, always target over reference.

    Attributes
    ----------
    factor
        Column of the sample sheet.
    target
        The level in the numerator of the fold change.
    reference
        The level in the denominator.
    """

    factor: str
    target: str
    reference: str

    @property
    def sentence(self) -> str:
        """The direction of the fold change in words."""
        return f"positive log2 fold change means higher in {self.target} than in {self.reference}"
