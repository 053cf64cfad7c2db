r"""Cox's partial likelihood with Efron's ties, for one model or for many at once.

At each of the :math:`d_g` events of an event time :math:`g`, the :math:`l`-th of them
(:math:`l = 0, ..., d_g - 1`) is set against the risk set less a share of the tied deaths
(Efron, JASA 1977, 72:557). With :math:`r_j = \exp(x_j' \beta)`,

.. math:: D^{(k)}_{gl} = \sum_{j \in R_g} r_j x_j^{\otimes k}
          - \frac{l}{d_g} \sum_{j \in E_g} r_j x_j^{\otimes k}, \qquad k = 0, 1, 2,

the log likelihood is :math:`\sum x_i' \beta - \log D^{(0)}`, its gradient
:math:`\sum x_i - \bar x`, with :math:`\bar x = D^{(1)}/D^{(0)}`, and its information
:math:`\sum V` with :math:`V = D^{(2)}/D^{(0)} - \bar x \bar x'`. With strata the sums run over
risk sets within strata. Many models with one outcome are fitted at once, as random signatures need
it; one model is the batch of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnaseq_s6k1.errors import DataError

__all__ = ["BatchFit", "EventMoments", "RiskSets", "event_moments", "fit_many", "risk_sets"]

Array = NDArray[np.float64]

_TOLERANCE = 1e-11
_MOST_STEPS = 40
_MOST_HALVINGS = 12
#: A linear predictor spread wider than this means hazards e^30-fold apart: no finite maximum.
_WIDEST = 30.0


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Samples in the order of the sums: one stratum after another, the latest times first.

    Attributes
    ----------
    order
        Positions of the samples, shape ``(n,)``.
    strata
        Slices of `order`, one a stratum that has events.
    deaths
        For each stratum the positions, within it, of the samples with events, those of one
        time together, shape ``(n_events,)``.
    starts
        For each stratum where in `deaths` an event time begins, shape ``(n_times,)``.
    reach
        For each stratum the last position, within it, of each event time's risk set.
    group, share
        For each stratum the event time of each event, and Efron's ``l / d``.
    """

    order: NDArray[np.intp]
    strata: tuple[slice, ...]
    deaths: tuple[NDArray[np.intp], ...]
    starts: tuple[NDArray[np.intp], ...]
    reach: tuple[NDArray[np.intp], ...]
    group: tuple[NDArray[np.intp], ...]
    share: tuple[Array, ...]

    @property
    def n_events(self) -> int:
        """Events in all strata."""
        return sum(len(positions) for positions in self.deaths)


def risk_sets(time: Array, event: NDArray[np.bool_], strata: NDArray[np.intp]) -> RiskSets:
    """Find the risk sets of right-censored times.

    Parameters
    ----------
    time
        Positive times, shape ``(n,)``.
    event
        Whether the time ends in an event, shape ``(n,)``.
    strata
        Codes of the strata, shape ``(n,)``.
    """
    order = np.lexsort((np.arange(len(time)), -time, strata))
    codes, firsts = np.unique(strata[order], return_index=True)
    bounds = [*firsts.tolist(), len(order)]
    slices, deaths, starts, reach, group, share = [], [], [], [], [], []
    for k in range(len(codes)):
        part = slice(bounds[k], bounds[k + 1])
        times, died = time[order[part]], event[order[part]]
        if not died.any():
            continue
        positions = np.flatnonzero(died)
        distinct, start, size = np.unique(-times[positions], return_index=True, return_counts=True)
        slices.append(part)
        deaths.append(positions)
        starts.append(start)
        # Everybody whose time is at least the event's is at risk at it.
        reach.append(np.searchsorted(-times, distinct, side="right") - 1)
        group.append(np.repeat(np.arange(len(size)), size))
        share.append(np.concatenate([np.arange(d) / d for d in size.tolist()]))
    return RiskSets(
        order, tuple(slices), tuple(deaths), tuple(starts), tuple(reach), tuple(group), tuple(share)
    )


@dataclass(frozen=True, eq=False)
class EventMoments:
    """What each event sees of its risk set under one or many models.

    Attributes
    ----------
    sample
        Position of the sample with the event, shape ``(n_events,)``.
    log_sum
        ``log D0``, shape ``(n_events, n_models)``.
    mean
        Weighted mean of the covariates, shape ``(n_events, n_models, n_terms)``.
    variance
        Their weighted covariance, shape ``(n_events, n_models, n_terms, n_terms)``.
    """

    sample: NDArray[np.intp]
    log_sum: Array
    mean: Array
    variance: Array


def event_moments(X: Array, beta: Array, sets: RiskSets) -> EventMoments:
    """Compute the module's sums at given coefficients.

    Parameters
    ----------
    X
        Covariates, shape ``(n, n_models, n_terms)``.
    beta
        Coefficients, natural log of the hazard ratio, shape ``(n_models, n_terms)``.
    sets
        From `risk_sets`.
    """
    samples, logs, means, variances = [], [], [], []
    for k, part in enumerate(sets.strata):
        x = X[sets.order[part]]
        eta = np.einsum("nmp,mp->nm", x, beta)
        top = eta.max(axis=0)
        r = np.exp(eta - top)
        rx = r[:, :, None] * x
        rxx = rx[:, :, :, None] * x[:, :, None, :]
        group, share = sets.group[k], sets.share[k]
        D0, D1, D2 = (_less_tied(moment, k, sets, group, share) for moment in (r, rx, rxx))
        mean = D1 / D0[:, :, None]
        samples.append(sets.order[part][sets.deaths[k]])
        logs.append(np.log(D0) + top)
        means.append(mean)
        variances.append(D2 / D0[:, :, None, None] - mean[:, :, :, None] * mean[:, :, None, :])
    return EventMoments(
        np.concatenate(samples), np.vstack(logs), np.concatenate(means), np.concatenate(variances)
    )


def _less_tied(
    values: Array, k: int, sets: RiskSets, group: NDArray[np.intp], share: Array
) -> Array:
    """Sum over each event's risk set, less Efron's share of the tied events."""
    at_risk = values.cumsum(axis=0)[sets.reach[k]]
    tied = np.add.reduceat(values[sets.deaths[k]], sets.starts[k], axis=0)
    weight = share.reshape(-1, *([1] * (values.ndim - 1)))
    return np.asarray(at_risk[group] - weight * tied[group])


@dataclass(frozen=True, eq=False)
class BatchFit:
    """Maximum partial-likelihood estimates of many models.

    Attributes
    ----------
    beta, se
        Coefficients and standard errors (natural log of the hazard ratio), shape
        ``(n_models, n_terms)``; NaN where there is no finite maximum.
    log_likelihood
        Shape ``(n_models,)``.
    converged
        Shape ``(n_models,)``.
    """

    beta: Array
    se: Array
    log_likelihood: Array
    converged: NDArray[np.bool_]


def fit_many(X: Array, sets: RiskSets) -> BatchFit:
    """Fit many Cox models with one outcome by Newton's method with step halving.

    Parameters
    ----------
    X
        Covariates, shape ``(n, n_models, n_terms)``; best of similar scale.
    sets
        From `risk_sets`.

    Raises
    ------
    DataError
        If there are no events.
    """
    if not sets.n_events:
        raise DataError("a Cox model needs at least one event and there is none")
    X = X - X.mean(axis=0)
    _, m, p = X.shape
    beta = np.zeros((m, p))
    value, gradient, information = _derivatives(X, beta, sets)
    done = np.zeros(m, dtype=bool)
    failed = np.zeros(m, dtype=bool)
    for _ in range(_MOST_STEPS):
        live = np.flatnonzero(~(done | failed))
        if not live.size:
            break
        step, singular = _solve(information[live], gradient[live])
        failed[live[singular]] = True
        live, step = live[~singular], step[~singular]
        if not live.size:
            continue
        moved = _climb(X[:, live], beta[live], value[live], step, sets)
        gain = moved[1] - value[live]
        beta[live], value[live], gradient[live], information[live] = moved
        spread = np.ptp(np.einsum("nmp,mp->nm", X[:, live], beta[live]), axis=0)
        failed[live[spread > _WIDEST]] = True
        done[live[np.abs(gain) <= _TOLERANCE * (1 + np.abs(value[live]))]] = True
    good = done & ~failed
    covariance = np.full((m, p, p), np.nan)
    for k in np.flatnonzero(good):
        try:
            covariance[k] = np.linalg.inv(information[k])
        except np.linalg.LinAlgError:
            good[k] = False
    se = np.sqrt(np.einsum("mpp->mp", covariance))
    beta = np.where(good[:, None], beta, np.nan)
    return BatchFit(beta, np.where(good[:, None], se, np.nan), value, good)


def _derivatives(X: Array, beta: Array, sets: RiskSets) -> tuple[Array, Array, Array]:
    moments = event_moments(X, beta, sets)
    own = X[moments.sample]
    value = (np.einsum("emp,mp->em", own, beta) - moments.log_sum).sum(axis=0)
    return value, (own - moments.mean).sum(axis=0), moments.variance.sum(axis=0)


def _solve(information: Array, gradient: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Give the Newton steps, and which informations are singular."""
    scale = np.sqrt(np.maximum(np.einsum("mpp->mp", information), 0))
    singular = (scale <= 1e-12).any(axis=1)
    scale[singular] = 1.0
    scaled = information / (scale[:, :, None] * scale[:, None, :])
    singular |= np.linalg.eigvalsh(scaled).min(axis=1) < 1e-10
    scaled[singular] = np.eye(information.shape[1])
    step = np.linalg.solve(scaled, (gradient / scale)[:, :, None])[:, :, 0] / scale
    return step, singular


def _climb(
    X: Array, beta: Array, value: Array, step: Array, sets: RiskSets
) -> tuple[Array, Array, Array, Array]:
    """Take the step, halved where it would lower the likelihood."""
    factor = np.ones(len(beta))
    for _ in range(_MOST_HALVINGS):
        tried = beta + factor[:, None] * step
        new = _derivatives(X, tried, sets)
        worse = ~(new[0] >= value - _TOLERANCE * (1 + np.abs(value)))
        if not worse.any():
            break
        factor[worse] /= 2
    return tried, *new
