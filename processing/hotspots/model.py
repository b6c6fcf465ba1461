"""Negative-binomial baseline with a two-level burst filter, over many series at once.

Baseline  log mean = level + season of the day, tracked by an extended Kalman filter on clipped residuals (West & Harrison, Bayesian
          Forecasting and Dynamic Models, ch. 14; clipping after Masreliez & Martin 1977). Variance/mean is learned, never capped. Coverage
          (0-1) scales the mean as exposure.
Burst     hidden Markov chain with the states normal, raised, high (Kleinberg 2002) as a forward filter: no row looks ahead. The normal
          state holds a small share of outliers; after a gap it also holds the backlog that a back-fill would bring.
Surge     score = -log10 P(normal | counts so far); p = upper tail of the negative binomial, alone enough for a pre-alert on the first day.

All arrays are [series] or [series, period]; periods are consecutive. Nothing here knows dates beyond the season's slot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaln, nbdtrik

from processing.hotspots.options import Model

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
UPPER = 0.99  # `upper` is this quantile of what is expected
_TINY = 1e-300
_FURTHEST = float(np.log(2.0))
_SILENCE = float(-np.log(0.001))  # a zero with less than this probability is no news but a silent source


def _log_pmf(y: Floats, mean: Floats, ratio: Floats) -> Floats:
    """Log probability of the negative binomial with `mean` and variance `ratio` × mean, ratio > 1; less log y!, which all states share."""
    shape = mean / (ratio - 1)
    log_ratio = np.log(ratio)
    value: Floats = gammaln(y + shape) - gammaln(shape) + y * (np.log(ratio - 1) - log_ratio) - shape * log_ratio
    return value


def tail(y: Floats, mean: Floats, ratio: Floats) -> Floats:
    """P(Y >= y) of that negative binomial."""
    shape = mean / np.maximum(ratio - 1, 1e-3)
    value: Floats = np.where(y > 0, betainc(np.maximum(y, 1.0), shape, 1 - 1 / ratio), 1.0)
    return value


def upper_limit(mean: Floats, ratio: Floats, quantile: float = UPPER) -> Floats:
    """Smallest count that `quantile` of the normal days do not exceed."""
    shape = mean / np.maximum(ratio - 1, 1e-3)
    value: Floats = np.maximum(np.ceil(np.nan_to_num(nbdtrik(quantile, shape, 1 / ratio), nan=0.0)), 0.0)
    return value


@dataclass
class Judged:
    """What the filter says of each series and period; arrays [series, period]. `known` is False where nothing was observed."""

    expected: Floats
    ratio: Floats
    score: Floats
    burst: Floats
    gap: Bools
    known: Bools

    def p_value(self, counts: Floats) -> Floats:
        return np.where(self.known, tail(counts, self.expected, self.ratio), 1.0)

    def upper(self) -> Floats:
        return upper_limit(self.expected, self.ratio)


class BurstFilter:
    """State of many series; `step` feeds one period of all of them."""

    def __init__(self, series: int, model: Model) -> None:
        self.model = model
        m, n = model, model.season
        # The series stand last: every operation runs along them.
        self.log = np.zeros((1 + n, series))
        self.cov = np.zeros((1 + n, 1 + n, series))
        self.cov[0, 0] = m.level_prior
        self.slots = np.arange(1, 1 + n)
        self.cov[self.slots, self.slots] = m.season_prior if n > 1 else 0.0
        self.square = np.full(series, m.dispersion_prior * m.dispersion_weight)
        self.weight = np.full(series, m.dispersion_weight)
        self.state = np.repeat([[0.98], [0.015], [0.005]], series, axis=1)
        self.started = np.zeros(series, dtype=bool)
        self.zeros = np.zeros(series)
        self.missed = np.zeros(series)
        into, back = m.enter, 1 - m.stay
        self.moves = np.array([[1 - into, 0.7 * into, 0.3 * into], [back, 0.85 * m.stay, 0.15 * m.stay], [back, 0.4 * m.stay, 0.6 * m.stay]]).T

    def step(self, counts: Floats, coverage: Floats, slot: int) -> tuple[Floats, Floats, Floats, Floats, Bools]:
        """Judge one period, then learn from it. Coverage 0 means not observed. Returns expected, variance/mean, score, burst, gap."""
        m = self.model
        seen = coverage > 0
        first = seen & ~self.started
        self.log[0, first] = np.log(np.maximum(counts[first] / coverage[first], 0.5))
        self.started |= seen
        k = 1 + slot % m.season
        gain = self.cov[0] + self.cov[k]
        uncertain = gain[0] + gain[k]
        exposure = np.where(seen, coverage, 1.0)
        mean = np.maximum(np.exp(self.log[0] + self.log[k]), m.least_mean) * exposure
        noise = np.maximum(self.square / self.weight, 1.0)
        drift = mean * np.minimum(uncertain, 0.5)
        ratio = np.maximum(noise + drift, 1.02)
        deviation = np.sqrt(ratio * mean)

        prior = self.moves @ self.state
        joint = np.log(np.maximum(prior, _TINY)) + self._likelihoods(counts, mean, ratio, deviation)
        raised = np.logaddexp(joint[1], joint[2])
        total = np.logaddexp(raised, joint[0])
        score = np.where(seen, np.logaddexp(0.0, raised - joint[0]) / np.log(10), 0.0)

        # A zero where many were due is a silent source, not news: learn nothing from it for a month, then believe it.
        self.zeros = np.where(seen & (counts == 0), self.zeros + 1, np.where(seen, 0, self.zeros))
        gap = seen & (counts == 0) & (mean > 4) & (mean / (ratio - 1) * np.log(ratio) > _SILENCE) & (self.zeros < 30)
        use = seen & ~gap
        self.missed = np.where(gap, self.missed + mean, np.where(use, 0.5 * self.missed * (self.missed > 1), self.missed + mean * ~seen))
        self.state = np.where(use, np.exp(joint - total), prior)
        burst = 1 - self.state[0]
        self._learn(counts, mean, noise, ratio, deviation, drift, uncertain, gain, np.where(use, np.maximum(1 - burst, m.learn_in_burst), 0.0))
        return mean, ratio, score, np.where(seen, burst, 0.0), gap

    def _likelihoods(self, counts: Floats, mean: Floats, ratio: Floats, deviation: Floats) -> Floats:
        """Log likelihood of the counts in each of the three states, [3, series], less log counts!.

        The high state means "so much or more": a count above what it expects is judged as that, and ten times as much adds 1 to the score.
        Otherwise the largest surges of all would fit the outliers of a normal day best.
        """
        m = self.model
        rises = [np.maximum(rise * deviation, m.least_rise * rise / m.rise[0]) for rise in m.rise]
        most = mean + rises[-1] + np.where(self.missed > 1, self.missed, 0.0)
        beyond = np.log(np.maximum(counts / most, 1.0))
        counts = np.minimum(counts, most)
        usual = _log_pmf(counts, mean, ratio)
        wide = _log_pmf(counts, mean, ratio * m.outlier_factor)
        normal = np.logaddexp(np.log1p(-m.outliers) + usual, np.log(m.outliers) + wide)
        late = self.missed > 1
        if late.any():
            due = mean[late] + self.missed[late]
            normal[late] = np.logaddexp(
                np.log1p(-m.backlog) + normal[late], np.log(m.backlog) + _log_pmf(counts[late], due, ratio[late] + 0.1 * due)
            )
        levels = [normal]
        for more in rises:
            above = mean + more
            levels.append(_log_pmf(counts, above, np.maximum((ratio * mean + more + (m.spread * more) ** 2) / above, 1.02)))
        levels[-1] += beyond
        return np.stack(levels)

    def _learn(
        self, counts: Floats, mean: Floats, noise: Floats, ratio: Floats, deviation: Floats, drift: Floats, uncertain: Floats, gain: Floats,
        trust: Floats,
    ) -> None:
        """Move level, season and dispersion towards the counts, each by `trust` (0-1)."""
        m = self.model
        surprise = (counts - mean) / deviation
        share = 1 / (uncertain + noise / mean)
        pull = np.clip(surprise, -m.clip, m.clip) * deviation / mean * trust * share
        # No single period moves the expectation by more than a factor of two: the linear step overshoots where little is known yet.
        self.log += gain * (pull * np.minimum(1.0, _FURTHEST / np.maximum(np.abs(pull * uncertain), _FURTHEST)))
        root = gain * np.sqrt(trust * share)
        self.cov -= root[:, None] * root[None, :]
        self.cov[0, 0] = np.minimum(self.cov[0, 0] + m.level_drift, m.level_prior)
        if m.season > 1:
            self.cov[self.slots, self.slots] += m.season_drift
        seen = np.clip(surprise, -4, 4) ** 2 * ratio / (1 + drift / noise)
        keep = np.where(trust > 0, 1 - 1 / m.dispersion_memory, 1.0)
        self.square = self.square * keep + trust * seen
        self.weight = self.weight * keep + trust


def judge(counts: Floats, coverage: Floats | None, first_slot: int, model: Model) -> Judged:
    """Filter whole histories: `counts` and `coverage` (0-1, 0 = not observed; None = all 1) are [series, period].

    `first_slot` is the season's slot of the first period (0 = Monday for days). Each value depends on its own past and itself only.
    """
    series, periods = counts.shape
    share = np.ones_like(counts) if coverage is None else coverage
    out = Judged(
        np.zeros_like(counts), np.full_like(counts, 1.02), np.zeros_like(counts), np.zeros_like(counts),
        np.zeros(counts.shape, dtype=bool), share > 0,
    )  # fmt: skip
    state = BurstFilter(series, model)
    for t in range(periods):
        out.expected[:, t], out.ratio[:, t], out.score[:, t], out.burst[:, t], out.gap[:, t] = state.step(
            counts[:, t], share[:, t], first_slot + t
        )
    return out
