"""From scores to alarms: a threshold from the alarm budget, and hysteresis so that an episode alarms once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processing.hotspots.options import Detection


def threshold(options: Detection, per_series_year: float) -> float:
    """Score at which `per_series_year` false alarms are raised in a series and year.

    The relation was measured on labelled counts: score = a + b × ln(years between false alarms). Never below `least_score`.
    """
    a, b = options.calibration
    return max(options.least_score, a + b * math.log(1 / max(per_series_year, 1e-6)))


def budget_rate(options: Detection, live_series: int) -> float:
    """False alarms per series and year that `alerts_a_day` allows when `live_series` are watched."""
    return options.alerts_a_day * 365 / max(live_series, 1)


@dataclass
class Episode:
    """Days of one surge in one series: indices of its first and last day, and whether it still lasts at the end of the history."""

    first: int
    last: int
    open: bool


def episodes(scores: NDArray[np.float64], allowed: NDArray[np.bool_], start: float, end: float, quiet: int) -> list[Episode]:
    """Episodes of one series: opened by a score >= `start` on an allowed day, ended by `quiet` days in a row below `end`.

    The last day of an episode is its last day at or above `end`.
    """
    found: list[Episode] = []
    current: Episode | None = None
    calm = 0
    for day in range(len(scores)):
        if current is None:
            if allowed[day] and scores[day] >= start:
                current, calm = Episode(day, day, True), 0
            continue
        if scores[day] >= end:
            current.last, calm = day, 0
        else:
            calm += 1
            if calm >= quiet:
                current.open = False
                found.append(current)
                current = None
    return [*found, current] if current else found
