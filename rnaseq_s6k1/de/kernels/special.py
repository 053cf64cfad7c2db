r"""Digamma, trigamma and the logarithm of gamma, in the ranges the negative binomial needs.

For :math:`x \ge 16` the asymptotic series (Abramowitz and Stegun 1964, 6.1.41, 6.3.18, 6.4.12)

.. math::
    \log\Gamma(x) &\approx (x - \tfrac12) \log x - x + \tfrac12 \log 2\pi
              + \frac{1}{12 x} - \frac{1}{360 x^3} + \frac{1}{1260 x^5} - \frac{1}{1680 x^7} \\
    \psi(x) &\approx \log x - \frac{1}{2x} - \frac{1}{12 x^2} + \frac{1}{120 x^4}
              - \frac{1}{252 x^6} + \frac{1}{240 x^8} \\
    \psi'(x) &\approx \frac{1}{x} + \frac{1}{2 x^2} + \frac{1}{6 x^3} - \frac{1}{30 x^5}
              + \frac{1}{42 x^7} - \frac{1}{30 x^9}

leave out less than 1e-13 of log gamma and digamma and a share below 1e-13 of trigamma; smaller
arguments are raised by the recurrences :math:`\psi(x) = \psi(x+1) - 1/x` and
:math:`\psi'(x) = \psi'(x+1) + 1/x^2`.
"""

from __future__ import annotations

import math

from rnaseq_s6k1.de.kernels.compile import kernel

__all__ = ["digamma", "digamma_tail", "log_gamma_tail", "trigamma", "trigamma_tail"]

_LARGE = 16.0


@kernel
def log_gamma_tail(x: float) -> float:
    """Return log gamma(x) - (x - 1/2) log(x) + x - 1/2 log(2 pi) for x of 16 or more."""
    i = 1.0 / x
    i2 = i * i
    return i * (1 / 12 - i2 * (1 / 360 - i2 * (1 / 1260 - i2 / 1680)))


@kernel
def digamma_tail(x: float) -> float:
    """Return digamma(x) - log(x) for x of 16 or more."""
    i = 1.0 / x
    i2 = i * i
    return -0.5 * i - i2 * (1 / 12 - i2 * (1 / 120 - i2 * (1 / 252 - i2 / 240)))


@kernel
def trigamma_tail(x: float) -> float:
    """Return trigamma(x) for x of 16 or more."""
    i = 1.0 / x
    i2 = i * i
    return i + 0.5 * i2 + i * i2 * (1 / 6 - i2 * (1 / 30 - i2 * (1 / 42 - i2 / 30)))


@kernel
def digamma(x: float) -> float:
    """Return digamma of a positive x."""
    below = 0.0
    while x < _LARGE:
        below += 1.0 / x
        x += 1.0
    return math.log(x) + digamma_tail(x) - below


@kernel
def trigamma(x: float) -> float:
    """Return trigamma of a positive x."""
    below = 0.0
    while x < _LARGE:
        below += 1.0 / (x * x)
        x += 1.0
    return trigamma_tail(x) + below
