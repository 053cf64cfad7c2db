r"""The local dispersion trend: log dispersion as a smooth function of log mean.

DESeq2 falls back to it where the parametric trend cannot be fitted. Its documentation names
the method: local regression of log dispersion on log mean, weighted by the mean, with the
defaults of the package locfit (Loader, *Local Regression and Likelihood*, Springer 1999).

At a point :math:`x` the local fit is the quadratic in :math:`x_i - x` that minimises

.. math::
    \sum_i \mu_i \, W\!\left(\frac{|x_i - x|}{h(x)}\right)
        \left(\log \alpha_i - \theta_0 - \theta_1 (x_i - x) - \theta_2 (x_i - x)^2\right)^2,
    \qquad x_i = \log \mu_i

with the tricube kernel :math:`W(u) = (1 - u^3)^3` on :math:`[0, 1)` and the bandwidth
:math:`h(x)` that reaches the nearest 70 % of genes (Loader 1999, sections 1.1 and 2.2).

It is found at a few vertices only (chapter 12; Cleveland and Grosse, Statistics and Computing
1991, 1:47): an interval, at first the range of the data, is halved while it is longer than 0.8
times the smaller bandwidth at its ends. Between vertices the curve is the cubic Hermite
polynomial of their values :math:`\theta_0` and slopes :math:`\theta_1`. Outside it goes on as
the quadratic with the end's value and slope and the curvature of one weighted quadratic fit to
all genes, which is how DESeq2's curve was observed to continue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.engine import DispersionTrend
from rnaseq_s6k1.errors import DataError, ModelError

__all__ = ["LocalTrend", "Trend", "fit_local_trend"]

FloatArray = NDArray[np.float64]

_CUT = 0.8
# A quadratic needs three genes inside the bandwidth, and the one at its edge has no weight.
_FEWEST_GENES = 6
_MOST_VERTICES = 100
# Weighted spread, of at most 1, below which the points do not support a polynomial's degree.
_NO_SPREAD = 1e-14
_ARRAYS = ("vertices", "values", "slopes", "curvature")


@dataclass(frozen=True, eq=False)
class LocalTrend:
    """A smooth trend of log dispersion on log mean.

    Attributes
    ----------
    vertices
        Natural logs of the means at which the local regression was fitted, increasing,
        shape ``(n_vertices,)``.
    values, slopes
        Log dispersion there and its derivative, shape ``(n_vertices,)``.
    curvature
        Coefficient of the squared log mean beyond the first and last vertex.
    """

    vertices: FloatArray
    values: FloatArray
    slopes: FloatArray
    curvature: float

    def __call__(self, means: NDArray[np.float64]) -> FloatArray:
        """Return the trend at `means` (normalised counts, above 0), any shape."""
        x = np.log(np.asarray(means, dtype=float))
        end = np.where(x < self.vertices[0], 0, -1)
        beyond = x - self.vertices[end]
        outside = self.values[end] + beyond * (self.slopes[end] + beyond * self.curvature)
        within = (x >= self.vertices[0]) & (x <= self.vertices[-1])
        return np.asarray(np.exp(np.where(within, self._between_vertices(x), outside)))

    def _between_vertices(self, x: FloatArray) -> FloatArray:
        """Return the cubic Hermite polynomial at log means within the vertices."""
        left = np.clip(np.searchsorted(self.vertices, x) - 1, 0, len(self.vertices) - 2)
        right = left + 1
        width = self.vertices[right] - self.vertices[left]
        # The place within the interval, from 0 to 1; elsewhere the result is not used.
        t = np.clip((x - self.vertices[left]) / width, 0.0, 1.0)
        s = 1.0 - t
        return np.asarray(
            s * s * ((1 + 2 * t) * self.values[left] + t * width * self.slopes[left])
            + t * t * ((1 + 2 * s) * self.values[right] - s * width * self.slopes[right])
        )

    def to_arrays(self) -> dict[str, FloatArray]:
        """Return the curve as plain arrays, from which `from_arrays` makes it again."""
        return {
            "vertices": self.vertices,
            "values": self.values,
            "slopes": self.slopes,
            "curvature": np.array([self.curvature]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.float64]]) -> LocalTrend:
        """Make a curve from the arrays of `to_arrays`.

        Raises
        ------
        DataError
            If an array is missing, or they do not describe a curve.
        """
        missing = [name for name in _ARRAYS if name not in arrays]
        if missing:
            raise DataError(f"the stored local dispersion trend lacks {', '.join(missing)}")
        vertices, values, slopes, curvature = (
            np.asarray(arrays[name], dtype=float).ravel() for name in _ARRAYS
        )
        if not (len(vertices) == len(values) == len(slopes) >= 2 and len(curvature) == 1):
            raise DataError(
                "the stored local dispersion trend needs vertices, values and slopes of one "
                f"length, 2 or more, and one curvature; it has {len(vertices)}, {len(values)}, "
                f"{len(slopes)} and {len(curvature)}"
            )
        if not np.isfinite(np.concatenate([vertices, values, slopes, curvature])).all():
            raise DataError("the stored local dispersion trend has a value that is not finite")
        if not (np.diff(vertices) > 0).all():
            raise DataError("the vertices of the stored local dispersion trend do not increase")
        return cls(vertices, values, slopes, float(curvature[0]))


Trend: TypeAlias = DispersionTrend | LocalTrend


def fit_local_trend(means: FloatArray, dispersions: FloatArray) -> LocalTrend:
    """Fit the local trend.

    Parameters
    ----------
    means
        Mean normalised counts, above 0, shape ``(n_genes,)``.
    dispersions
        Gene-wise dispersions, shape ``(n_genes,)``. DESeq2 lets only those in that exceed
        100 times the smallest allowed, 1e-6 by default, as for the parametric trend.

    Raises
    ------
    ModelError
        If there are fewer than 6 genes, or their means lie too close together.
    """
    if len(means) < _FEWEST_GENES:
        raise ModelError(
            f"the local dispersion trend needs {_FEWEST_GENES} genes with a dispersion clearly "
            f"above 0, and there are {len(means)}; ask for the mean of the dispersions"
        )
    x, y = np.log(means), np.log(dispersions)
    first, last = (_fit_at(at, x, y, means) for at in (float(x.min()), float(x.max())))
    fits = _refine([first, last], x, y, means)
    return LocalTrend(
        vertices=np.array([fit.at for fit in fits]),
        values=np.array([fit.value for fit in fits]),
        slopes=np.array([fit.slope for fit in fits]),
        curvature=_quadratic(x - x.mean(), y, means).square,
    )


@dataclass(frozen=True)
class _VertexFit:
    """The local regression at one log mean."""

    at: float
    value: float
    slope: float
    bandwidth: float


def _refine(
    fits: list[_VertexFit], x: FloatArray, y: FloatArray, weights: FloatArray
) -> list[_VertexFit]:
    """Halve intervals until none is long for the bandwidths at its ends."""
    done = fits[:1]
    ahead = fits[:0:-1]
    while ahead:
        left, right = done[-1], ahead[-1]
        if right.at - left.at <= _CUT * min(left.bandwidth, right.bandwidth):
            done.append(ahead.pop())
            continue
        if len(done) + len(ahead) >= _MOST_VERTICES:
            raise ModelError(
                "the local dispersion trend cannot be fitted: the means of most genes lie too "
                "close together; ask for the mean of the dispersions"
            )
        ahead.append(_fit_at((left.at + right.at) / 2, x, y, weights))
    return done


def _fit_at(at: float, x: FloatArray, y: FloatArray, weights: FloatArray) -> _VertexFit:
    """Fit the local quadratic at one log mean."""
    offset = x - at
    distance = np.abs(offset)
    nearest = 7 * len(x) // 10
    bandwidth = float(np.partition(distance, nearest - 1)[nearest - 1])
    if bandwidth == 0:
        raise ModelError(
            "the local dispersion trend cannot be fitted: most genes have the same mean; ask "
            "for the mean of the dispersions"
        )
    near = distance < bandwidth
    u = offset[near] / bandwidth
    fit = _quadratic(u, y[near], weights[near] * (1 - np.abs(u) ** 3) ** 3)
    return _VertexFit(at, fit.value, fit.slope / bandwidth, bandwidth)


@dataclass(frozen=True)
class _Quadratic:
    """The polynomial ``value + slope u + square u**2``."""

    value: float
    slope: float
    square: float


def _quadratic(u: FloatArray, y: FloatArray, weights: FloatArray) -> _Quadratic:
    """Fit a quadratic by weighted least squares.

    In polynomials orthogonal over the weighted points (Forsythe, Journal of the SIAM 1957,
    5:74), as weights that span many orders of magnitude would spoil the normal equations;
    plain sums, whose value does not depend on the number of threads. A degree that the
    points do not support is left out.
    """
    total = float(weights.sum())
    value = float((weights * y).sum()) / total
    centre = float((weights * u).sum()) / total
    first = u - centre
    spread = float((weights * first**2).sum()) / total
    if spread < _NO_SPREAD:
        return _Quadratic(value, 0.0, 0.0)
    left_over = y - value
    slope = float((weights * first * left_over).sum()) / (total * spread)
    skew = float((weights * u * first**2).sum()) / (total * spread)
    second = (u - skew) * first - spread
    size = float((weights * second**2).sum()) / total
    square = 0.0
    if size >= _NO_SPREAD:
        square = float((weights * second * (left_over - slope * first)).sum()) / (total * size)
    return _Quadratic(
        value=value - slope * centre + square * (skew * centre - spread),
        slope=slope - square * (skew + centre),
        square=square,
    )
