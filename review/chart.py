"""A small chart of counts against what was expected, as SVG text: no script, readable in print and by a screen reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

WIDTH, HEIGHT, FOOT = 640, 150, 18


def counts_chart(days: Sequence[dict[str, Any]]) -> str:
    """Bars of independent origins a day over a line of the upper limit. `days`: rows with day, origins, expected, upper; at most 42."""
    if not days:
        return ""
    top = max([float(d["origins"]) for d in days] + [float(d["upper"] or 0) for d in days] + [1.0])
    step = WIDTH / max(len(days), 14)
    plot = HEIGHT - FOOT

    def y(value: float) -> float:
        return round(plot - value / top * (plot - 14), 1)

    parts = []
    for n, day in enumerate(days):
        kind = "bar high" if day["upper"] is not None and day["origins"] > day["upper"] else "bar"
        label = f"{day['day']:%d/%m/%Y}: {day['origins']}" + (f" ({day['expected']:.1f})" if day["expected"] is not None else "")
        parts.append(
            f'<rect class="{kind}" x="{n * step + 1:.1f}" y="{y(day["origins"])}" width="{step - 2:.1f}" '
            f'height="{plot - y(day["origins"]):.1f}"><title>{escape(label)}</title></rect>'
        )
    limit = " ".join(f"{n * step + step / 2:.1f},{y(float(d['upper']))}" for n, d in enumerate(days) if d["upper"] is not None)
    if limit:
        parts.append(f'<polyline class="limit" points="{limit}"/>')
    parts.append(f'<text x="0" y="{HEIGHT - 4}">{days[0]["day"]:%d/%m}</text>')
    parts.append(f'<text x="{len(days) * step:.0f}" y="{HEIGHT - 4}" text-anchor="end">{days[-1]["day"]:%d/%m}</text>')
    parts.append(f'<text x="0" y="10">{top:.0f}</text>')
    return Markup(f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>')  # noqa: S704 - numbers and escaped labels only
