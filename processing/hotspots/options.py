"""Numbers the detector runs with. Those an operator may change stand in config/detection.toml; an unknown key there is refused."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from processing.errors import ConfigError

Period = Literal["hour", "day", "week"]
METHOD = "nb-hmm 2"


@dataclass(frozen=True)
class Model:
    """Parameters of the baseline and of the burst filter. Variances are per period of the natural logarithm of the level.

    They were fitted on seeds of the synthetic generator other than those that are reported, and on a harder variant with heavier tails,
    holidays, long outages and late reports (bench/hotspots.py); docs/methods.md holds the figures.
    """

    season: int = 7
    level_drift: float = 5.5e-4
    season_drift: float = 2e-6
    level_prior: float = 1.0
    season_prior: float = 0.9
    dispersion_prior: float = 1.5
    dispersion_weight: float = 10.0
    dispersion_memory: float = 320.0
    clip: float = 4.0
    learn_in_burst: float = 0.7
    enter: float = 0.04
    stay: float = 0.78
    rise: tuple[float, float] = (2.2, 7.0)
    least_rise: float = 1.8
    spread: float = 0.2
    outliers: float = 0.012
    outlier_factor: float = 3.5
    backlog: float = 0.3
    least_mean: float = 0.05


PERIODS: dict[Period, Model] = {
    "day": Model(),
    "hour": Model(
        season=24, level_drift=1e-4, season_prior=0.3, dispersion_memory=400.0, clip=4.5, learn_in_burst=0.8, enter=0.2, stay=0.75,
        rise=(3.5, 20.0), spread=1.2, outliers=0.014, outlier_factor=4.0,
    ),
    "week": Model(season=1, level_drift=2e-3, dispersion_memory=52.0),
}


class Detection(BaseModel):
    """config/detection.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alerts_a_day: float = Field(0.5, gt=0, description="false alarms a day the board is ready to read, over all series together")
    least_score: float = Field(0.5, gt=0, description="no alarm below this score, however few the series")
    end_share: float = Field(0.3, gt=0, lt=1, description="an episode ends when the score falls below this share of the threshold")
    quiet_days: int = Field(2, ge=1, description="and stays there for this many days")
    warm_up_days: int = Field(21, ge=1, description="days a series is watched before it may alarm")
    least_coverage: float = Field(0.5, gt=0, le=1, description="below this share of live sources the outcome is insufficient coverage")
    least_origins: int = Field(3, ge=1, description="independent origins on the days of an episode, below which nothing is raised")
    unrelated_origins: int = Field(5, ge=1, description="below so many origins two owners must write about one and the same issue")
    unrelated_score: float = Field(1.0, gt=0, description="and where no two owners do, no alarm below this score")
    unrelated_in_province: int = Field(10, ge=1, description="the same for a whole province: below so many origins, three of them must be about one and the same issue")
    least_owners: int = Field(2, ge=1, description="different owners among them; one publisher alone is no spread")
    history_days: int = Field(400, ge=60, description="days of counts the baseline is learned from")
    reconsider_days: int = Field(3, ge=1, le=14, description="latest local days judged again at each run, so that late documents count")
    new_source_days: int = Field(14, ge=1, description="a source first read within so many days does not count as evidence of a surge")
    explained_share: float = Field(0.6, gt=0, le=1, description="a wider series is not raised when one commune explains this share of its excess")
    calibration: tuple[float, float] = Field(
        (0.55, 0.27), description="score = a + b × ln(series-years per false alarm), measured by bench.hotspots"
    )

    @property
    def per_series_year(self) -> float:
        """Rate used where the number of series is not known (the Unix filter): one false alarm per series and year."""
        return 1.0


def load_detection(path: Path) -> Detection:
    """Read a detection.toml. Raises ConfigError naming file and field."""
    try:
        return Detection.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist", "restore it from the repository") from None
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        detail = error if isinstance(error, tomllib.TOMLDecodeError) else "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"{path}: {detail}", "mend the named field; see the comments in the file") from None
