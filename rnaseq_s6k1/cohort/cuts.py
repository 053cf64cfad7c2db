"""Cuts by expression: ``tertile``, ``quartile``, ``median``, ``q:SHARE``, ``value:LOW,HIGH``.

And by copy number: ``amplified``, ``gained``, ``value:LOW,HIGH``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from rnaseq_s6k1.errors import ModelError, UsageError
from rnaseq_s6k1.io.wording import clip

__all__ = ["COPY_NUMBER_CUTS", "CUT_CHOICES", "Cut", "parse_copy_number_cut", "parse_cut"]

CUT_CHOICES = "tertile, quartile, median, q:0.2, value:LOW,HIGH"
#: Cuts between GISTIC levels: the highest of the low group, and the lowest of the high one.
COPY_NUMBER_CUTS = {"amplified": (1.0, 2.0), "gained": (0.0, 1.0)}
_NAMED = {"tertile": Fraction(1, 3), "quartile": Fraction(1, 4), "median": Fraction(1, 2)}


@dataclass(frozen=True)
class Cut:
    """Where the low group ends and the high group begins.

    Attributes
    ----------
    text
        The cut as the user writes it.
    share
        Share of the samples at either end, exact, at most 1/2; None for a cut by value.
    values
        Thresholds in log2 counts per million, or of copy number; None for a cut by share.
    """

    text: str
    share: Fraction | None = None
    values: tuple[float, float] | None = None

    def thresholds(self, expression: np.ndarray) -> tuple[float, float]:
        """Give the largest expression of the low group and the smallest of the high group.

        A share ``p`` of ``n`` samples is cut at the order statistics ``floor((n - 1) p)`` and
        ``ceil((n - 1)(1 - p))``, counted from 0. These are the samples at or below, and at or
        above, the quantiles of R's default definition (type 7 of Hyndman and Fan, American
        Statistician 1996, 50:361), found without its interpolation and so without rounding.

        Parameters
        ----------
        expression
            Finite values, shape ``(n_samples,)``.

        Returns
        -------
        tuple of float
            Low and high threshold, both members of their group; equal only where the median or
            one given value divides the samples.

        Raises
        ------
        ModelError
            If the quantiles fall on one value, as when a gene is silent in most samples.
        """
        if self.values is not None:
            return self.values
        assert self.share is not None
        ordered = np.sort(expression)
        rank = math.floor((len(ordered) - 1) * self.share)
        low, high = float(ordered[rank]), float(ordered[len(ordered) - 1 - rank])
        if low == high and self.share != _NAMED["median"]:
            tied = int((ordered == low).sum())
            raise ModelError(
                f"cut {self.text}: {tied} of {len(ordered)} samples share one expression value, "
                f"log2 CPM {low:.4g}, so that both quantiles fall on it; give a cut by value "
                "(value:LOW,HIGH) or choose another gene"
            )
        return low, high

    def split(self, expression: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
        """Put every sample into a group.

        Samples equal to a threshold belong to the group it bounds, all of them, so that a tie is
        never broken by the order of the samples. Where both thresholds are one value, the samples
        at it are low.

        Parameters
        ----------
        expression
            Finite values, shape ``(n_samples,)``.

        Returns
        -------
        groups : numpy.ndarray
            ``high``, ``middle`` or ``low``, shape ``(n_samples,)``.
        thresholds : tuple of float
            See `thresholds`.
        """
        low, high = self.thresholds(expression)
        is_low = expression <= low
        is_high = (expression >= high) & ~is_low
        return np.where(is_high, "high", np.where(is_low, "low", "middle")), (low, high)


def parse_cut(text: str) -> Cut:
    """Read a cut.

    Parameters
    ----------
    text
        ``tertile`` (top and bottom third), ``quartile``, ``median``, ``q:SHARE`` with a share
        above 0 and at most 0.5, or ``value:LOW,HIGH`` in log2 counts per million.

    Returns
    -------
    Cut
        The cut.

    Raises
    ------
    UsageError
        If it is none of these.
    """
    name, colon, argument = text.strip().partition(":")
    name = name.strip().lower()
    if not colon and name in _NAMED:
        return Cut(name, share=_NAMED[name])
    if colon and name == "q":
        return _share_cut(text, argument.strip())
    if colon and name == "value":
        return _value_cut(text, argument)
    raise UsageError(f"--cut {clip(text)} is not a cut; choose from {CUT_CHOICES}")


def parse_copy_number_cut(text: str) -> Cut:
    """Read a cut by copy number.

    Parameters
    ----------
    text
        ``amplified`` (GISTIC level 2 against all others), ``gained`` (1 and 2 against 0 and
        below), or ``value:LOW,HIGH`` on the scale of the copy numbers.

    Raises
    ------
    UsageError
        If it is none of these.
    """
    name, colon, argument = text.strip().partition(":")
    name = name.strip().lower()
    if not colon and name in COPY_NUMBER_CUTS:
        return Cut(name, values=COPY_NUMBER_CUTS[name])
    if colon and name == "value":
        return _value_cut(text, argument, "copy number", "value:0,2")
    raise UsageError(
        f"--cut {clip(text)} is not a cut by copy number; choose from "
        f"{', '.join(COPY_NUMBER_CUTS)}, value:LOW,HIGH"
    )


def _share_cut(text: str, argument: str) -> Cut:
    number = _number(argument)
    if number is None or not 0 < number <= 0.5:
        raise UsageError(
            f"--cut {clip(text)}: the share must be a number above 0 and at most 0.5, "
            "such as q:0.2 for the top and bottom fifth"
        )
    # The decimal as written, not its nearest binary fraction: q:0.2 is one fifth.
    return Cut(f"q:{number:.10g}", share=Fraction(f"{number:.10g}"))


def _value_cut(
    text: str, argument: str, unit: str = "log2 counts per million", example: str = "value:4,6"
) -> Cut:
    numbers = [_number(part) for part in argument.split(",")]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        raise UsageError(f"--cut {clip(text)}: give two numbers in {unit}, such as {example}")
    low, high = numbers[0], numbers[1]
    if low > high:
        raise UsageError(
            f"--cut {clip(text)}: the low threshold {low:g} lies above the high one {high:g}; "
            "write value:LOW,HIGH"
        )
    return Cut(f"value:{low:.10g},{high:.10g}", values=(low, high))


def _number(text: str) -> float | None:
    """Read a plain finite decimal; Python's underscores and ``inf`` are no numbers here."""
    text = text.strip()
    if len(text) > 30 or "_" in text:
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
