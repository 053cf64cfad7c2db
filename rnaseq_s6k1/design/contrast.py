"""What is compared, and in which direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Contrast", "LinearContrast"]


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


@dataclass(frozen=True)
class LinearContrast(Contrast):
    """A weighted sum of coefficients, compared with zero.

    Attributes
    ----------
    weights
        The weight of each coefficient, by its name in the design matrix; others weigh 0.
    """

    factor: str = field(default="", init=False)
    target: str = field(default="", init=False)
    reference: str = field(default="zero", init=False)
    weights: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        text = " ".join(f"{weight:+g} {name}" for name, weight in self.weights)
        object.__setattr__(self, "target", text.removeprefix("+1 "))

    @classmethod
    def of(cls, weights: str | Mapping[str, float]) -> LinearContrast:
        """Make one of a coefficient's name, or of weights by name."""
        given = {weights: 1.0} if isinstance(weights, str) else weights
        return cls(weights=tuple((str(name), float(w)) for name, w in given.items()))

    @property
    def sentence(self) -> str:
        """The direction of the fold change in words."""
        return f"positive log2 fold change means {self.target} above zero"
