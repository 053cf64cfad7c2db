r"""DESeq2's variance-stabilising transformations, and the trends they rest on.

For normalised counts :math:`q` with variance :math:`v(q) = \xi q + \alpha(q) q^2`, where
:math:`\xi` is the mean of the reciprocal size factors and :math:`\alpha` the dispersion trend,
the transformation is (Anders and Huber, Genome Biology 2010, 11:R106)

.. math::
    \tau(q) = \eta \int^q \frac{d\kappa}{\sqrt{v(\kappa)}} + \text{const}

on the scale of :math:`\log_2 q` for large counts. It has a closed form for the parametric trend,
with :math:`\xi = 1` (`rnaseq_s6k1.de.transform.variance_stabilize`). The form for a constant
trend, :math:`(2 \operatorname{arsinh}\sqrt{\alpha q} - \log \alpha - \log 4) / \log 2`, is the
same with :math:`a_1 = 0`. A local trend is integrated numerically.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from rnaseq_s6k1.de.engine import DispersionTrend
from rnaseq_s6k1.de.fast_coefficients import cell_means, fit_betas
from rnaseq_s6k1.de.fast_dispersions import MIN_DISPERSION, gene_wise, summarise
from rnaseq_s6k1.de.layout import lay_out
from rnaseq_s6k1.de.local_trend import LocalTrend, Trend
from rnaseq_s6k1.de.options import FitType
from rnaseq_s6k1.de.transform import variance_stabilize
from rnaseq_s6k1.de.trend import fit_trend
from rnaseq_s6k1.errors import DataError, ModelError

__all__ = ["SUBSET", "blind_trend", "design_trend", "variance_stabilizing_transform"]

FloatArray = NDArray[np.float64]

# DESeq2's `vst` fits its trend to this many genes whose mean exceeds the least one.
SUBSET = 1000
_LEAST_MEAN = 5.0
# DESeq2's integral over q is a sum of this many trapezoids, equally wide in arsinh(q). More
# would come closer to the integral; as many come closer to DESeq2's values: within 1e-7, where the
# exact integral is within 1e-4.
_GRID = 1000
# The integral is brought to the scale of log2 at these quantiles of the genes' means.
_ANCHORS = (0.95, 0.999)


def variance_stabilizing_transform(
    counts: NDArray[np.integer], size_factors: FloatArray, trend: Trend
) -> FloatArray:
    """Transform counts to a log2-like scale of nearly constant variance.

    Parameters
    ----------
    counts
        Shape ``(n_samples, n_genes)``. For a local trend the scale depends on the genes that
        are there: give them all.
    size_factors
        Shape ``(n_samples,)``, or normalisation factors ``(n_samples, n_genes)``.
    trend
        Of the fit with its design; or of `design_trend` with ``subset=1000``, for DESeq2's
        ``vst(blind=FALSE)``; or of `blind_trend`.

    Returns
    -------
    numpy.ndarray
        Log2 scale, shape ``(n_samples, n_genes)``.

    Raises
    ------
    DataError
        If the means are too uniform to scale the integral of a local trend.
    """
    factors = _as_matrix(size_factors)
    normalized = np.asarray(counts / factors, dtype=float)
    if isinstance(trend, DispersionTrend):
        return variance_stabilize(normalized, trend)
    # Of normalisation factors, a sample's geometric mean stands for its size factor.
    noise = float(np.exp(-np.log(factors).mean(axis=1)).mean())
    return _integrated(normalized, noise, trend)


def blind_trend(
    counts: NDArray[np.integer],
    size_factors: FloatArray,
    *,
    subset: int | None,
    fit_type: FitType = "parametric",
) -> Trend:
    """Fit the dispersion trend as if nothing were known of the samples.

    The size factors are kept; dispersions are estimated with the design ``~ 1``. It takes the
    parameters of `design_trend` and raises what that raises.
    """
    return design_trend(
        counts, size_factors, np.ones((len(counts), 1)), subset=subset, fit_type=fit_type
    )


def design_trend(
    counts: NDArray[np.integer],
    size_factors: FloatArray,
    design: FloatArray,
    *,
    subset: int | None,
    fit_type: FitType = "parametric",
) -> Trend:
    """Fit the dispersion trend of a design, to all genes or a subset.

    Parameters
    ----------
    counts
        Shape ``(n_samples, n_genes)``.
    size_factors
        Shape ``(n_samples,)``, or normalisation factors ``(n_samples, n_genes)``.
    design
        Shape ``(n_samples, n_coefficients)``.
    subset
        Fit to that many genes of mean normalised count above 5, at equally spaced ranks of
        the mean, as DESeq2's ``vst`` (1,000); None for all genes, as its
        ``varianceStabilizingTransformation``.
    fit_type
        ``parametric``, ``local`` or ``mean``.

    Raises
    ------
    DataError
        If fewer than `subset` genes have a mean above 5.
    ModelError
        If no residual degree of freedom is left, or all dispersions are nearly 0.
    """
    if len(design) <= design.shape[1]:
        raise ModelError(
            f"a dispersion trend cannot be fitted to {len(design)} samples and "
            f"{design.shape[1]} coefficients: more samples are needed"
        )
    genes = np.flatnonzero(np.asarray(counts).any(axis=0))
    if subset is not None:
        factors = _as_matrix(size_factors)
        genes = _equally_spaced(np.asarray((counts / factors).mean(axis=0)), subset)
    layout = lay_out(design)
    taken = np.ascontiguousarray(counts.T[genes][:, layout.order], dtype=np.int32)
    scaling = _scaling(size_factors, genes, layout.order)
    summary = summarise(taken, scaling, layout)
    means = summary.linear_means
    if not layout.saturated:
        means = cell_means(fit_betas(taken, scaling, layout, summary.start)[0], layout)
    estimates = gene_wise(taken, scaling, layout, means, summary.start)
    return fit_trend(summary.base_mean, estimates, MIN_DISPERSION, fit_type)


def _equally_spaced(means: FloatArray, size: int) -> NDArray[np.int64]:
    """Choose genes at equally spaced ranks of the mean, among those above the least mean."""
    eligible = np.flatnonzero(means > _LEAST_MEAN)
    if len(eligible) < size:
        raise DataError(
            f"only {len(eligible)} genes have a mean normalised count above {_LEAST_MEAN:g}, and "
            f"{size} are needed to fit the trend to a subset; fit it to all genes (subset=None)"
        )
    ranked = eligible[np.argsort(means[eligible], kind="stable")]
    ranks = np.round(np.linspace(1, len(ranked), size)).astype(np.int64) - 1
    # In the order of the matrix, so that sums do not depend on the ranking.
    return np.sort(ranked[ranks])


def _integrated(normalized: FloatArray, noise: float, trend: LocalTrend) -> FloatArray:
    """Integrate the inverse standard deviation of a local trend.

    The sums of trapezoids are joined by a cubic spline in arsinh(q), which goes on to 0.
    """
    means = normalized.mean(axis=0)
    low, high = np.quantile(means, _ANCHORS)
    if not 0 < low < high:
        raise DataError(
            "the local dispersion trend cannot be integrated on the log2 scale: the "
            f"{_ANCHORS[0]:.1%} and {_ANCHORS[1]:.1%} quantiles of the genes' means are {low:g} "
            f"and {high:g}, and must be positive and apart"
        )
    grid = np.sinh(np.linspace(0, np.arcsinh(normalized.max()), _GRID))[1:]
    inverse = 1.0 / np.sqrt(noise * grid + trend(grid) * grid**2)
    integral = np.cumsum(np.diff(grid) * (inverse[1:] + inverse[:-1]) / 2)
    curve = _spline(np.arcsinh((grid[1:] + grid[:-1]) / 2), integral)
    at_low, at_high = curve(np.arcsinh([low, high]))
    scale = np.log2(high / low) / (at_high - at_low)
    return np.asarray(scale * (curve(np.arcsinh(normalized)) - at_low) + np.log2(low))


def _spline(x: FloatArray, y: FloatArray) -> CubicSpline:
    """Join points by the cubic spline of Forsythe, Malcolm and Moler (1977, section 4.4).

    At each end its third derivative is that of the cubic through the four points there. Zero
    counts lie before the first point, where the ends decide.
    """
    wanted = np.array([_third_derivative(x[:4], y[:4]), _third_derivative(x[-4:], y[-4:])])

    def with_second_derivatives(ends: FloatArray) -> CubicSpline:
        return CubicSpline(x, y, bc_type=((2, ends[0]), (2, ends[1])))

    def third_derivatives(spline: CubicSpline) -> FloatArray:
        return np.asarray(6 * spline.c[0, [0, -1]])

    # Third derivatives depend linearly on the second derivatives at the ends.
    origin = third_derivatives(with_second_derivatives(np.zeros(2)))
    columns = [third_derivatives(with_second_derivatives(unit)) - origin for unit in np.eye(2)]
    ends = np.linalg.solve(np.column_stack(columns), wanted - origin)
    return with_second_derivatives(np.asarray(ends, dtype=float))


def _third_derivative(x: FloatArray, y: FloatArray) -> float:
    """Return that of the cubic through four points: six times the divided difference."""
    for _ in range(3):
        step = len(x) - len(y) + 1
        y = np.diff(y) / (x[step:] - x[:-step])
    return 6 * float(y[0])


def _as_matrix(size_factors: FloatArray) -> FloatArray:
    factors = np.asarray(size_factors, dtype=float)
    return factors[:, None] if factors.ndim == 1 else factors


def _scaling(
    size_factors: FloatArray, genes: NDArray[np.int64], order: NDArray[np.int64]
) -> FloatArray:
    """Arrange factors for the kernels: ``(1, n_samples)`` or ``(n_genes, n_samples)``."""
    factors = np.asarray(size_factors, dtype=float)
    if factors.ndim == 1:
        return np.ascontiguousarray(factors[order][None, :])
    return np.ascontiguousarray(factors.T[genes][:, order])
