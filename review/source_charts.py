"""Charts of one source for operators: documents a day in their expected band, lag, answers to requests, states.

The band is where a Poisson count with the source's own mean stays on 95 of 100 days; the mean is what its file expects, else what it brought in
the weeks before those shown. A count outside is a question, not a fault: holidays fall below, a big day above.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from processing.i18n import Catalogue, local_date, local_time
from review.chart import HEIGHT, WIDTH, Plot, Shape, bar, scale_top, ticks
from review.render import number

DAYS = 42
CLASSES = ("done", "same", "moved", "client", "server", "none")


def band(mean: float) -> tuple[int, int]:
    """Smallest range of counts that a Poisson variable of this mean leaves on at most 2.5 % of days on either side."""
    low, high, total, term, n = 0, 0, 0.0, math.exp(-min(mean, 700.0)), 0
    found_low = False
    while n < 10 * mean + 50:
        total += term
        if not found_low and total > 0.025:
            low, found_low = n, True
        if total >= 0.975:
            high = n
            break
        n += 1
        term *= mean / n
    return low, high


def documents_chart(days: Sequence[Mapping[str, Any]], mean: float | None, today: date, words: Catalogue, language: str) -> Plot:
    """Documents by local day of publication, against the band. `days`: rows day, documents. `mean`: documents a day, None where unknown."""
    _ = words.gettext
    span = [today - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
    counts = {row["day"]: row["documents"] for row in days}
    values = [counts.get(d, 0) for d in span]
    low, high = band(mean) if mean else (0, 0)
    top = scale_top(values, [float(high)])
    outside = [d for d, v in zip(span, values, strict=True) if mean and not low <= v <= high]
    plot = Plot(
        _("Documents a day"),
        _("The last %(days)s days; most on one day: %(most)s; days outside the expected band: %(outside)s.")
        % {"days": DAYS, "most": max(values), "outside": len(outside)},
        scale=(number(top, language), "0"),
        ticks=ticks(span),
        legend=[("k-bar", _("documents")), ("k-high", _("outside the band"))],
        head=[_("Day"), _("Documents"), _("Expected")],
    )
    if mean:
        ratio = (HEIGHT - 6) / top
        plot.shapes.append(Shape("k-band", 0, round(HEIGHT - high * ratio, 2), WIDTH, round((high - low) * ratio, 2)))
        plot.legend.append(("k-band", _("expected band: %(low)s to %(high)s") % {"low": low, "high": high}))
    for n, (d, value) in enumerate(zip(span, values, strict=True)):
        plot.shapes.append(bar("k-high" if d in outside else "k-bar", n, DAYS, 0, value, top, f"{local_date(d)}: {value}"))
        plot.rows.insert(0, [local_date(d), str(value), f"{low}–{high}" if mean else ""])
    return plot


def lag_chart(days: Sequence[Mapping[str, Any]], today: date, words: Catalogue, language: str) -> Plot:
    """Time from publication to first sight. `days`: rows day, median and longest in minutes, only documents that tell their minute."""
    _ = words.gettext
    span = [today - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
    by_day = {row["day"]: row for row in days}
    medians = [by_day[d]["median"] if d in by_day else None for d in span]
    top = scale_top(medians, [60.0])
    known = sorted(m for m in medians if m is not None)
    typical = _minutes(known[len(known) // 2], words, language) if known else "–"
    plot = Plot(
        _("Lag: from publication to being read"),
        _("Median of the last %(days)s days: %(median)s; worst day: %(worst)s.")
        % {"days": DAYS, "median": typical, "worst": _minutes(known[-1], words, language) if known else "–"},
        scale=(_minutes(top, words, language), "0"),
        ticks=ticks(span),
        legend=[("k-bar", _("median of the day"))],
        head=[_("Day"), _("Median"), _("Longest"), _("Documents")],
    )
    for n, (d, median) in enumerate(zip(span, medians, strict=True)):
        if median is None:
            continue
        cells = [
            local_date(d),
            _minutes(median, words, language),
            _minutes(by_day[d]["longest"], words, language),
            str(by_day[d]["documents"]),
        ]
        plot.shapes.append(bar("k-bar", n, DAYS, 0, median, top, f"{cells[0]}: {cells[1]}"))
        plot.rows.insert(0, cells)
    return plot


def _minutes(value: float, words: Catalogue, language: str) -> str:
    """Minutes, hours from two hours on, days from two days on."""
    _ = words.gettext
    if value < 120:
        return _("%(n)s min") % {"n": number(value, language)}
    if value < 2 * 1440:
        return _("%(n)s h") % {"n": number(value / 60, language, 1)}
    return _("%(n)s days") % {"n": number(value / 1440, language, 1)}


def answers_chart(days: Sequence[Mapping[str, Any]], today: date, words: Catalogue, language: str) -> Plot:
    """How requests were answered. `days`: rows day and one count for each of CLASSES."""
    _ = words.gettext
    names = {
        "done": _("answered (2xx)"), "same": _("unchanged (304)"), "moved": _("redirected (3xx)"), "client": _("refused or missing (4xx)"),
        "server": _("server fault (5xx)"), "none": _("no answer"),
    }  # fmt: skip
    kinds = dict(zip(CLASSES, ("k-good", "k-same", "k-moved", "k-client", "k-server", "k-none"), strict=True))
    span = [today - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
    by_day = {row["day"]: row for row in days}
    top = scale_top([sum(row[c] for c in CLASSES) for row in days])
    total = sum(row[c] for row in days for c in CLASSES)
    failed = sum(row[c] for row in days for c in ("client", "server", "none"))
    plot = Plot(
        _("Answers to requests, by class"),
        _("The last %(days)s days: %(total)s requests, %(failed)s of them failed.")
        % {"days": DAYS, "total": number(total, language), "failed": number(failed, language)},
        scale=(number(top, language), "0"),
        ticks=ticks(span),
        legend=[(kinds[c], names[c]) for c in CLASSES if any(row[c] for row in days)],
        head=[_("Day"), *[names[c] for c in CLASSES]],
    )
    for n, d in enumerate(span):
        row = by_day.get(d)
        if row is None:
            continue
        floor = 0.0
        for c in CLASSES:
            if row[c]:
                plot.shapes.append(bar(kinds[c], n, DAYS, floor, floor + row[c], top, f"{local_date(d)}: {names[c]} {row[c]}"))
                floor += row[c]
        plot.rows.insert(0, [local_date(d), *[str(row[c]) for c in CLASSES]])
    return plot


_STATE_KIND = {
    "OK": "k-good",
    "QUIET": "k-wait",
    "EMPTY": "k-wait",
    "STALE": "k-client",
    "BLOCKED": "k-server",
    "BROKEN": "k-server",
    "DISABLED": "k-off",
}


def states_chart(changes: Sequence[Mapping[str, Any]], names: Mapping[str, str], now: datetime, words: Catalogue) -> Plot:
    """The source's states over the days shown. `changes`: rows at, state, oldest first, the last one before the days shown included."""
    _ = words.gettext
    begin = now - timedelta(days=DAYS)
    plot = Plot(
        _("State over time"),
        _("Changes of state in the last %(days)s days: %(n)s.") % {"days": DAYS, "n": sum(1 for c in changes if c["at"] >= begin)},
        ticks=ticks([(begin + timedelta(days=n)).date() for n in range(DAYS + 1)]),
        head=[_("Since"), _("State")],
        strip=True,
    )
    whole = timedelta(days=DAYS)
    for n, change in enumerate(changes):
        start = max(change["at"], begin)
        end = changes[n + 1]["at"] if n + 1 < len(changes) else now
        name = names.get(change["state"], change["state"])
        if end > begin:
            kind = _STATE_KIND.get(change["state"], "k-off")
            x, w = (start - begin) / whole * WIDTH, (end - start) / whole * WIDTH
            plot.shapes.append(Shape(kind, round(x, 2), 0, round(w, 2), HEIGHT, label=f"{local_time(change['at'])}: {name}"))
            if (kind, name) not in plot.legend:
                plot.legend.append((kind, name))
        plot.rows.insert(0, [local_time(change["at"]), name])
    return plot
