r"""Minimising a dispersion's objective step for step as the method L-BFGS-B does.

PyDESeq2 leaves the dispersion to L-BFGS-B (Byrd, Lu, Nocedal and Zhu, SIAM J Sci Comput 1995,
16:1190). With few samples the objective is so flat that the place where the method stops
decides digits, so its published steps are followed. In one variable they are simple: with the
objective *f*, its derivative *g* and the curvature of the last step

.. math::
    B = \frac{g_k - g_{k-1}}{x_k - x_{k-1}}

(1 at first; kept where it would not be positive), the step is :math:`-g/B`, cut at the bounds,
and its length is searched for by More and Thuente (ACM TOMS 1994, 20:286) until decrease and
slope are sufficient (1e-3 and 0.9). The method ends where the projected derivative is at most
1e-5, or where *f* fell by at most 2.22e-9 of its size (at least 1).

The objective is that of `posterior`. Near the smallest dispersions, where *r* is 1e8, the
difference of log Gammas there carries an error of 1e-7 a count, more than a step gains; so from
:math:`r = 16` upwards Stirling's series is put in first, and the large terms cancel on paper:

.. math::
    \log\frac{\Gamma(y + r)}{\Gamma(r)} - y\log(\mu + r) - r\log(1 + \mu/r)
    = (r + y)\log\frac{1 + y/r}{1 + \mu/r} - \tfrac12\log(1 + y/r) - y + S(y + r) - S(r).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.de.kernels.compile import kernel
from rnaseq_s6k1.de.kernels.linear import cross_product, invert
from rnaseq_s6k1.de.kernels.special import digamma, digamma_tail

__all__ = ["search"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_SUFFICIENT = 1e-3
_SLOPE = 0.9
_INTERVAL = 0.1
_SMALL_SLOPE = 1e-5
_SMALL_GAIN = 2.220446049250313e-09
_EPSILON = 2.220446049250313e-16
_LINE_SEARCH = 20
_LARGE = 16.0


@kernel
def _cubic(
    a: float, fa: float, da: float, b: float, fb: float, db: float, clipped: bool
) -> tuple[float, float]:
    """Return theta and gamma of the cubic through two points (More and Thuente, section 4)."""
    theta = 3.0 * (fa - fb) / (b - a) + da + db
    size = max(abs(theta), abs(da), abs(db))
    inside = (theta / size) ** 2 - (da / size) * (db / size)
    if clipped:
        inside = max(inside, 0.0)
    return theta, size * math.sqrt(inside)


@kernel
def _trial(
    x: float, fx: float, dx: float,
    y: float, fy: float, dy: float,
    t: float, ft: float, dt: float,
    bracketed: bool, low: float, high: float,
) -> tuple[float, bool]:  # fmt: skip
    """Return the next trial length, and whether a minimum is bracketed.

    `x` is the best length yet, `y` the other end of the bracket, `t` the one just tried;
    the four cases of More and Thuente's section 4.
    """
    turned = (dt < 0.0) != (dx < 0.0) and dt != 0.0 and dx != 0.0
    if ft > fx:
        theta, gamma = _cubic(x, fx, dx, t, ft, dt, False)
        if t < x:
            gamma = -gamma
        cubic = x + ((gamma - dx) + theta) / (((gamma - dx) + gamma) + dt) * (t - x)
        quadratic = x + ((dx / ((fx - ft) / (t - x) + dx)) / 2.0) * (t - x)
        if abs(cubic - x) < abs(quadratic - x):
            return cubic, True
        return cubic + (quadratic - cubic) / 2.0, True
    if turned or abs(dt) < abs(dx):
        theta, gamma = _cubic(x, fx, dx, t, ft, dt, not turned)
        if t > x:
            gamma = -gamma
        secant = t + (dt / (dt - dx)) * (x - t)
        if turned:
            cubic = t + ((gamma - dt) + theta) / (((gamma - dt) + gamma) + dx) * (x - t)
            return (cubic if abs(cubic - t) > abs(secant - t) else secant), True
        ratio = ((gamma - dt) + theta) / ((gamma + (dx - dt)) + gamma)
        cubic = high if t > x else low
        if ratio < 0.0 and gamma != 0.0:
            cubic = t + ratio * (x - t)
        if bracketed:
            new = cubic if abs(cubic - t) < abs(secant - t) else secant
            limit = t + 0.66 * (y - t)
            return (min(limit, new) if t > x else max(limit, new)), True
        new = cubic if abs(cubic - t) > abs(secant - t) else secant
        return min(max(new, low), high), False
    if bracketed:
        theta, gamma = _cubic(t, ft, dt, y, fy, dy, False)
        if t > y:
            gamma = -gamma
        return t + ((gamma - dt) + theta) / (((gamma - dt) + gamma) + dy) * (y - t), True
    return (high if t > x else low), False


@kernel
def _stirling(x: float) -> float:
    """Return the series part of log Gamma, for x of 16 or more."""
    i = 1.0 / x
    i2 = i * i
    return i * (1 / 12 - i2 * (1 / 360 - i2 * (1 / 1260 - i2 / 1680)))


@kernel
def _log_likelihood(y: float, m: float, r: float) -> tuple[float, float]:
    """Return one sample's log likelihood, less terms without r, and its derivative in r."""
    from_mean = math.log1p(m / r)
    residual = (m - y) / (m + r)
    if r < _LARGE:
        value = math.lgamma(y + r) - math.lgamma(r) - y * math.log(m + r) - r * from_mean
        return value, digamma(y + r) - digamma(r) - from_mean + residual
    from_count = math.log1p(y / r)
    value = (r + y) * (from_count - from_mean) - 0.5 * from_count - y
    value += _stirling(y + r) - _stirling(r)
    return value, from_count + digamma_tail(y + r) - digamma_tail(r) - from_mean + residual


@kernel
def _objective(
    at: float,
    y: FloatArray,
    mu: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    prior_mean: float,
    prior_variance: float,
    constant: float,
    scratch: FloatArray,
) -> tuple[float, float]:
    """Return the negative log posterior, `constant` added, and its derivative in log alpha."""
    alpha = math.exp(at)
    r = 1.0 / alpha
    n_cells, p = rows.shape
    weights = np.empty(n_cells)
    changes = np.empty(n_cells)
    value = 0.0
    by_r = 0.0
    for c in range(n_cells):
        weights[c] = 0.0
        changes[c] = 0.0
        for j in range(cells[c], cells[c + 1]):
            one, one_by_r = _log_likelihood(y[j], mu[j], r)
            value += one
            by_r += one_by_r
            w = mu[j] / (1.0 + mu[j] * alpha)
            weights[c] += w
            changes[c] -= alpha * w * w
    cross_product(rows, weights, scratch[0])
    value -= 0.5 * invert(scratch[0], scratch[1])
    cross_product(rows, changes, scratch[2])
    trace = 0.0
    for i in range(p):
        for k in range(p):
            trace += scratch[1, i, k] * scratch[2, k, i]
    deviation = at - prior_mean
    value -= 0.5 * deviation * deviation / prior_variance
    return constant - value, r * by_r + 0.5 * trace + deviation / prior_variance


@kernel
def _line_search(
    at: float, f0: float, g0: float, direction: float, longest: float,
    y: FloatArray, mu: FloatArray, cells: IntArray, rows: FloatArray,
    prior_mean: float, prior_variance: float, constant: float, scratch: FloatArray,
) -> tuple[float, float, float, bool]:  # fmt: skip
    """Return step length, objective and derivative there, and whether the search succeeded."""
    d0 = g0 * direction
    if d0 >= 0.0:
        return 0.0, f0, g0, False
    test = _SUFFICIENT * d0
    x, fx, dx = 0.0, f0, d0
    e, fe, de = 0.0, f0, d0
    bracketed, first_stage = False, True
    width, width_before = longest, 2.0 * longest
    t = min(1.0, longest)
    low, high = 0.0, 5.0 * t
    for _ in range(_LINE_SEARCH):
        f, g = _objective(
            at + t * direction, y, mu, cells, rows, prior_mean, prior_variance, constant, scratch
        )
        d = g * direction
        if math.isnan(f) or math.isnan(d):
            return t, f, g, False
        bound = f0 + t * test
        if first_stage and f <= bound and d >= 0.0:
            first_stage = False
        stuck = bracketed and (t <= low or t >= high or high - low <= _INTERVAL * high)
        at_longest = t == longest and f <= bound and d <= test
        at_zero = t == 0.0 and (f > bound or d >= test)
        if stuck or at_longest or at_zero or (f <= bound and abs(d) <= -_SLOPE * d0):
            return t, f, g, True
        # In the first stage the search is on f less its line of sufficient decrease.
        tilt = test if first_stage and f <= fx and f > bound else 0.0
        new, bracketed = _trial(
            x, fx - x * tilt, dx - tilt, e, fe - e * tilt, de - tilt,
            t, f - t * tilt, d - tilt, bracketed, low, high,
        )  # fmt: skip
        if f - t * tilt > fx - x * tilt:
            e, fe, de = t, f, d
        else:
            if (d - tilt) * (dx - tilt) < 0.0:
                e, fe, de = x, fx, dx
            x, fx, dx = t, f, d
        t = new
        if bracketed:
            if abs(e - x) >= 0.66 * width_before:
                t = x + 0.5 * (e - x)
            width_before = width
            width = abs(e - x)
            low, high = min(x, e), max(x, e)
        else:
            low, high = t + 1.1 * (t - x), t + 4.0 * (t - x)
        t = min(max(t, 0.0), longest)
        if bracketed and (t <= low or t >= high or high - low <= _INTERVAL * high):
            t = x
    return t, f0, g0, False


@kernel
def search(
    start: float,
    y: FloatArray,
    mu: FloatArray,
    cells: IntArray,
    rows: FloatArray,
    prior_mean: float,
    prior_variance: float,
    lowest: float,
    highest: float,
    max_iterations: int,
    scratch: FloatArray,
) -> tuple[float, int]:
    """Return log alpha where the method stops, and why.

    Parameters
    ----------
    start
        Where it begins, natural log.
    y, mu, cells, rows, prior_mean, prior_variance, scratch
        See `rnaseq_s6k1.de.kernels.posterior.log_posterior`.
    lowest, highest
        Bounds of log alpha.
    max_iterations
        At most this many steps.

    Returns
    -------
    log_alpha : float
        The place.
    state : int
        1: the method converged; 0: the steps ran out; -1: a line search failed.
    """
    constant = 0.0
    for j in range(len(y)):
        constant += math.lgamma(y[j] + 1.0) - y[j] * math.log(mu[j])
    at = min(max(start, lowest), highest)
    f, g = _objective(at, y, mu, cells, rows, prior_mean, prior_variance, constant, scratch)
    if abs(min(max(at - g, lowest), highest) - at) <= _SMALL_SLOPE:
        return at, 1
    curvature = 1.0
    fresh = True
    for iteration in range(max_iterations):
        direction = min(max(at - g / curvature, lowest), highest) - at
        longest = 1.0
        if iteration > 0:
            longest = min(((highest if direction > 0.0 else lowest) - at) / direction, 1e10)
        t, f_new, g_new, found = _line_search(
            at, f, g, direction, longest,
            y, mu, cells, rows, prior_mean, prior_variance, constant, scratch,
        )  # fmt: skip
        if not found:
            if fresh:
                return at, -1
            curvature, fresh = 1.0, True
            continue
        at = min(max(at + t * direction, lowest), highest)
        gain, f = f - f_new, f_new
        bend = (g_new - g) * direction * t
        enough = -g * direction * t
        change, g = g_new - g, g_new
        if abs(min(max(at - g, lowest), highest) - at) <= _SMALL_SLOPE:
            return at, 1
        if gain <= _SMALL_GAIN * max(abs(f + gain), abs(f), 1.0):
            return at, 1
        if bend > _EPSILON * enough:
            curvature, fresh = change / (t * direction), False
    return at, 0
