"""Small charts as plain values that the template draws as SVG: no script, and every figure stands in a table beside its picture.

Shapes are drawn on a canvas of `WIDTH` × `HEIGHT` units that the page stretches to its width; words stand outside it, so that they keep their
size on a phone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from processing.i18n import Catalogue, local_date
from review.render import number

WIDTH, HEIGHT = 600, 150


@dataclass(frozen=True)
class Shape:
    """One rectangle (`points` empty) or line, polygon where `closed`; `label` is shown when pointed at."""

    kind: str
    x: float = 0.0
    y: float = 0.0
    w: float = 0.0
    h: float = 0.0
    points: str = ""
    closed: bool = False
    label: str = ""


@dataclass
class Plot:
    """A chart with its heading, what a screen reader says for it, axis words, legend, and all figures as a table."""

    heading: str
    summary: str
    shapes: list[Shape] = field(default_factory=list)
    scale: tuple[str, ...] = ()
    ticks: tuple[str, ...] = ()
    legend: list[tuple[str, str]] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    strip: bool = False


def ticks(days: Sequence[date]) -> tuple[str, ...]:
    chosen = [days[0], days[len(days) // 2], days[-1]] if len(days) > 6 else [days[0], days[-1]]
    return tuple(f"{day:%d/%m}" for day in chosen)


def bar(kind: str, n: int, total: int, low: float, high: float, top: float, label: str) -> Shape:
    """A bar of the n-th of `total` days from value `low` to `high`."""
    step = WIDTH / total
    y = HEIGHT - high / top * (HEIGHT - 6)
    return Shape(
        kind, round(n * step + step * 0.1, 2), round(y, 2), round(step * 0.8, 2), round((high - low) / top * (HEIGHT - 6), 2), label=label
    )


def _line(kind: str, values: Sequence[float | None], top: float) -> list[Shape]:
    """Level pieces over each day that has a value, joined where days touch."""
    step = WIDTH / len(values)
    pieces: list[list[str]] = [[]]
    for n, value in enumerate(values):
        if value is None:
            pieces.append([])
            continue
        y = round(HEIGHT - value / top * (HEIGHT - 6), 2)
        pieces[-1] += [f"{n * step:.2f},{y}", f"{(n + 1) * step:.2f},{y}"]
    return [Shape(kind, points=" ".join(piece)) for piece in pieces if piece]


def scale_top(*columns: Sequence[float | None]) -> float:
    return max([float(v) for column in columns for v in column if v is not None] + [1.0])


def counts_chart(days: Sequence[Mapping[str, Any]], words: Catalogue, language: str) -> Plot | None:
    """Independent origins a day over what was expected and the upper limit. `days`: rows day, origins, expected, upper, coverage, oldest first."""
    if not days:
        return None
    _ = words.gettext
    by_day = {row["day"]: row for row in days}
    first, last = days[0]["day"], days[-1]["day"]
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    origins = [by_day[d]["origins"] if d in by_day else None for d in span]
    expected = [by_day[d]["expected"] if d in by_day else None for d in span]
    upper = [by_day[d]["upper"] if d in by_day else None for d in span]
    top = scale_top(origins, upper)
    over = [d for d, n, limit in zip(span, origins, upper, strict=True) if n is not None and limit is not None and n > limit]
    plot = Plot(
        _("Independent origins a day"),
        _("From %(first)s to %(last)s; most on one day: %(most)s; days above the upper limit: %(over)s.")
        % {
            "first": local_date(first),
            "last": local_date(last),
            "most": max(n or 0 for n in origins),
            "over": ", ".join(map(local_date, over)) or "0",
        },
        scale=(number(top, language), "0"),
        ticks=ticks(span),
        legend=[
            ("k-bar", _("origins")),
            ("k-high", _("above the limit")),
            ("k-expected line", _("expected")),
            ("k-limit line", _("upper limit")),
        ],
        head=[_("Day"), _("Observed"), _("Expected"), _("Upper limit"), _("Coverage")],
    )
    for n, d in enumerate(span):
        if d not in by_day:
            continue
        row = by_day[d]
        cells = [
            local_date(d),
            str(row["origins"]),
            number(row["expected"], language, 2),
            number(row["upper"], language, 1),
            f"{row['coverage']:.0%}",
        ]
        plot.shapes.append(bar("k-high" if d in over else "k-bar", n, len(span), 0, row["origins"], top, f"{cells[0]}: {cells[1]}"))
        plot.rows.insert(0, cells)
    plot.shapes += _line("k-expected", expected, top) + _line("k-limit", upper, top)
    return plot


def weeks_chart(weeks: Sequence[Mapping[str, Any]], words: Catalogue, language: str) -> Plot | None:
    """Reports a week as far as they are shown at all: sums of counts that are each from five on and in steps of five (SCOPE S8)."""
    if not weeks:
        return None
    _ = words.gettext
    sums: dict[date, int] = {}
    for row in weeks:
        sums[row["week"]] = sums.get(row["week"], 0) + row["reports_at_least"]
    first, last = min(sums), max(sums)
    span = [first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]
    top = scale_top(list(sums.values()))
    plot = Plot(
        _("Reports a week, at least"),
        _("From the week of %(first)s to that of %(last)s; most in one week: at least %(most)s.")
        % {"first": local_date(first), "last": local_date(last), "most": max(sums.values())},
        scale=(number(top, language), "0"),
        ticks=ticks(span),
        head=[_("Week of"), _("Reports")],
    )
    for n, week in enumerate(span):
        if week in sums:
            plot.shapes.append(bar("k-bar", n, len(span), 0, sums[week], top, f"{local_date(week)}: ≥ {sums[week]}"))
            plot.rows.insert(0, [local_date(week), f"≥ {sums[week]}"])
    return plot
