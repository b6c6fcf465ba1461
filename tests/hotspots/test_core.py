from __future__ import annotations

import csv
import datetime as dt
import io
import time
from pathlib import Path

import numpy as np
import pytest

from bench import hotspots as bench
from processing.errors import ConfigError, LangNgheError
from processing.hotspots.core import COLUMNS, detect_csv
from processing.hotspots.episodes import episodes, threshold
from processing.hotspots.model import BurstFilter, judge, tail
from processing.hotspots.options import PERIODS, Detection, load_detection

START = dt.date(2025, 1, 6)


def run(text: str, period: str = "day") -> tuple[list[dict[str, str]], int, str]:
    out, err = io.StringIO(), io.StringIO()
    status = detect_csv(io.StringIO(text), out, period, err)  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(out.getvalue()))), status, err.getvalue()


def table(counts: list[float], name: str = "s") -> str:
    return "series,date,count\n" + "".join(f"{name},{START + dt.timedelta(days=i)},{c:.0f}\n" for i, c in enumerate(counts))


def noise(days: int, mean: float = 3.0, seed: int = 1) -> list[float]:
    return [float(x) for x in np.random.default_rng(seed).poisson(mean, days)]


def test_surge_is_an_alarm_once_and_the_columns_are_the_contract() -> None:
    counts = noise(120)
    counts[100:104] = [14, 18, 16, 12]
    rows, status, _ = run(table(counts))
    assert list(rows[0]) == COLUMNS and status == 0 and len(rows) == 120
    assert [i for i, r in enumerate(rows) if r["alarm"] == "1"] == [100]
    hit = rows[100]
    assert float(hit["p_value"]) < 1e-3 and float(hit["score"]) > 1 and int(hit["upper"]) < 14 and 2 < float(hit["expected"]) < 4.5


def test_each_row_depends_on_its_past_only() -> None:
    counts = noise(90)
    short, _, _ = run(table(counts[:60]))
    changed = [*counts[:60], *(c + 9 for c in counts[60:])]
    long, _, _ = run(table(changed))
    assert long[:60] == short


def test_order_of_rows_is_kept_and_does_not_matter() -> None:
    lines = table(noise(60), "a").splitlines()[1:] + table(noise(60, seed=2), "b").splitlines()[1:]
    straight, _, _ = run("\n".join(["series,date,count", *lines]))
    mixed_lines = lines[::-1]
    mixed, _, _ = run("\n".join(["series,date,count", *mixed_lines]))
    assert mixed == straight[::-1]


def test_missing_dates_are_zeros_unless_coverage_says_otherwise() -> None:
    days = [START + dt.timedelta(days=i) for i in range(80)]
    kept = [d for d in days if d.weekday() != 2]
    sparse = "series,date,count\n" + "".join(f"s,{d},4\n" for d in kept)
    dense = "series,date,count\n" + "".join(f"s,{d},{0 if d.weekday() == 2 else 4}\n" for d in days)
    of_sparse = {r["date"]: r["expected"] for r in run(sparse)[0]}
    assert all(of_sparse[r["date"]] == r["expected"] for r in run(dense)[0] if r["date"] in of_sparse)
    covered = "series,date,count,coverage\n" + "".join(f"s,{d},4,1\n" for d in kept)
    last = run(covered)[0][-1]
    assert abs(float(last["expected"]) - 4) < 0.6  # the unobserved days did not pull it down


def test_half_coverage_halves_what_is_expected() -> None:
    counts = noise(100, 20)
    text = "series,date,count,coverage\n" + "".join(
        f"s,{START + dt.timedelta(days=i)},{c if i < 99 else 10:.0f},{1 if i < 99 else 0.5}\n" for i, c in enumerate(counts)
    )
    last = run(text)[0][-1]
    assert 8 < float(last["expected"]) < 12


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("s,2025-02-10,-3", "line 4: count -3 must be a whole number, 0 or more"),
        ("s,2025-02-10,", "line 4: count is missing"),
        ("s,2025-02-10,many", "line 4: count 'many' is not a number"),
        ("s,2025-02-10,2.5", "line 4: count 2.5 must be a whole number"),
        ("s,10/02/2025,3", "line 4: date '10/02/2025' is not a date"),
        (",2025-02-10,3", "line 4: series is empty"),
        ("s,2025-02-09,3", "line 4: s has a row for 2025-02-09 already, on line 3"),
        ("s,2025-02-10,nan", "line 4: count 'nan' is not a number"),
    ],
)
def test_bad_rows_are_named_by_line_and_the_others_are_judged(line: str, complaint: str) -> None:
    rows, status, errors = run(f"series,date,count\ns,2025-02-08,3\ns,2025-02-09,3\n{line}\ns,2025-02-11,3\n")
    assert status == 1 and complaint in errors and len(rows) == 3


def test_an_open_quote_and_a_comma_in_a_number_cost_their_own_line() -> None:
    rows, status, errors = run('series,date,count\ns,2025-02-08,3\n"s,2025-02-09,3\ns,2025-02-10,1,000\ns,2025-02-11,1_0\ns,2025-02-12,4,\n')
    assert status == 1 and [r["date"] for r in rows] == ["2025-02-08", "2025-02-12"]
    assert [e.split(":")[0] for e in errors.splitlines()] == ["line 3", "line 4", "line 5"] and "4 fields where line 1 names 3" in errors


def test_a_mistyped_year_costs_its_own_line() -> None:
    straight, _, _ = run(table(noise(60)))
    rows, status, errors = run(table(noise(60)) + "s,0205-03-07,3\ns,9999-12-31,2\n")
    assert rows == straight and status == 1
    assert [e[:25] for e in errors.splitlines()] == ["line 62: date 0205-03-07 ", "line 63: date 9999-12-31 "]


def test_the_more_the_higher_the_score() -> None:
    """The largest surges must not pass for the outliers of a normal day, nor a second day of them for something known."""
    for mean in (0.2, 2.0, 10.0, 60.0):
        past = noise(200, mean, 8)
        counts = [[*past, float(c)] for c in sorted({int(mean * k) + 1 for k in (1, 2, 4, 8, 16, 40, 100, 1000, 100_000)})]
        scores = judge(np.array(counts), None, 0, PERIODS["day"]).score[:, -1]
        assert (np.diff(scores) > 0).all() and scores[-1] > 3, (mean, scores)
    disaster = noise(150, 12.0)
    disaster[100:105] = [300, 500, 400, 300, 200]
    rows, _, _ = run(table(disaster))
    assert [i for i, r in enumerate(rows) if r["alarm"] == "1"] == [100] and float(rows[120]["expected"]) < 25


def test_bad_coverage_is_named() -> None:
    _, status, errors = run("series,date,count,coverage\ns,2025-02-08,3,1.5\n")
    assert status == 1 and "line 2: coverage 1.5 must lie between 0 and 1" in errors


def test_unusable_tables_say_why() -> None:
    with pytest.raises(LangNgheError, match="column count is missing"):
        run("series,date\ns,2025-01-01\n")
    with pytest.raises(LangNgheError, match="probably mistyped"):
        run("series,date,count\ns,2025-01-01,1\ns,0205-01-01,1\n")
    with pytest.raises(LangNgheError, match="period"):
        run("series,date,count\n", "month")
    assert run("series,date,count\n") == ([], 0, "")


def test_zeros_and_extremes_stay_finite() -> None:
    for counts in ([0.0] * 200, [0.0] * 100 + [1e6] + [0.0] * 50, [1e6] * 50 + [0.0] * 60, noise(30) + [5000.0] * 40):
        rows, _, _ = run(table(counts))
        for row in rows:
            assert all(np.isfinite(float(row[c])) for c in ("expected", "upper", "p_value", "score"))
    quiet, _, _ = run(table([0.0] * 200))
    assert not any(int(r["alarm"]) for r in quiet)


def test_outage_and_its_back_fill_are_no_surge() -> None:
    counts = noise(150, 12)
    for day in range(100, 105):
        counts[day] = 0
    counts[105] = 40  # a part of what was missed comes in at once
    rows, _, _ = run(table(counts))
    assert not any(int(r["alarm"]) for r in rows[95:110])
    assert abs(float(rows[112]["expected"]) - 12) < 4  # the silence taught nothing


def test_holiday_week_is_no_surge_when_it_ends() -> None:
    counts = noise(200, 10)
    for day in range(120, 129):
        counts[day] = counts[day] // 3
    rows, _, _ = run(table(counts))
    assert not any(int(r["alarm"]) for r in rows[115:140])


def test_dispersion_is_not_capped() -> None:
    rng = np.random.default_rng(3)
    wild = rng.negative_binomial(0.5, 0.5 / 20.5, (1, 400)).astype(float)
    judged = judge(wild, None, 0, PERIODS["day"])
    assert judged.ratio[0, -1] > 8 and (judged.score[0, 200:] > 2).mean() < 0.05


def test_tail_is_the_tail() -> None:
    rng = np.random.default_rng(4)
    drawn = rng.negative_binomial(4, 0.4, 200_000)
    mean, ratio = 4 * 0.6 / 0.4, 1 / 0.4
    for y in (0, 3, 8, 15):
        assert abs(float(tail(np.array([float(y)]), np.array([mean]), np.array([ratio]))[0]) - (drawn >= y).mean()) < 0.005


def test_hours_and_weeks() -> None:
    hours = [(dt.datetime(2025, 1, 6) + dt.timedelta(hours=i)).isoformat(timespec="minutes") for i in range(24 * 21)]  # noqa: DTZ001
    text = "series,date,count\n" + "".join(f"s,{h},{30 if i % 24 > 7 else 3}\n" for i, h in enumerate(hours))
    rows, status, _ = run(text, "hour")
    assert status == 0 and float(rows[-20]["expected"]) < 12 < float(rows[-5]["expected"])
    weeks = "series,date,count\n" + "".join(f"s,{START + dt.timedelta(weeks=i)},7\n" for i in range(40))
    assert run(weeks, "week")[1] == 0


def test_episode_opens_once_and_needs_calm_to_end() -> None:
    scores = np.array([0, 5, 0.1, 5, 3, 0.1, 0.1, 0.1, 6, 0.0])
    found = episodes(scores, np.ones(10, dtype=bool), 2.0, 0.6, 2)
    assert [(e.first, e.last, e.open) for e in found] == [(1, 4, False), (8, 8, True)]


def test_more_series_need_a_higher_threshold() -> None:
    options = Detection()
    assert threshold(options, 0.1) > threshold(options, 1.0) >= options.least_score


def test_misspelt_key_in_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "detection.toml"
    path.write_text("alerts_a_dya = 3\n")
    with pytest.raises(ConfigError, match="alerts_a_dya"):
        load_detection(path)
    assert load_detection(Path(__file__).parents[2] / "config" / "detection.toml") == Detection()


def test_ten_thousand_series_take_a_moment_a_day() -> None:
    state = BurstFilter(10_000, PERIODS["day"])
    ones = np.ones(10_000)
    began = time.process_time()
    for day in range(5):
        state.step(ones * (day % 3), ones, day)
    assert (time.process_time() - began) / 5 < 0.5


def test_figures_hold_on_a_sample(shared_data: Path) -> None:
    """A third of one seed of the benchmark; the whole table is `python -m bench.hotspots`."""
    counts, labels = bench.generator(shared_data)(150, 1)
    rate, delay, _ = bench.at_sensitivity(bench.ours(counts), labels, 0.8)
    assert rate <= 3.0 and delay <= 1.2


def test_the_filter_and_the_bench_give_the_same_scores() -> None:
    counts = np.array([noise(100, 3, 5), noise(100, 8, 6)])
    first = START.weekday()
    expected = judge(counts, None, first, PERIODS["day"]).score
    for s in range(2):
        rows, _, _ = run(table(list(counts[s])))
        assert np.allclose([float(r["score"]) for r in rows], expected[s], rtol=1e-5, atol=1e-9)
