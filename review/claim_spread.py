"""How a claim spread: independent origins in the order they joined, what only repeats one of them, provinces named, and a chart of the days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from processing.claims.spread import origins_of
from processing.db import Connection
from processing.i18n import Catalogue, local_date
from processing.zone import LOCAL
from review import queries
from review.chart import Plot, bar, scale_top, ticks
from review.render import number

SHOWN = 40
"""Origins listed on the page, the earliest; all are counted."""


def spread(conn: Connection, claim: int, words: Catalogue, language: str) -> dict[str, Any]:
    """{"origins": [{"first", "others"}], "more": origins not listed, "places": rows name and documents, "plot"} of a claim's sightings."""
    groups = origins_of(conn, claim)
    listed = [document for group in groups[:SHOWN] for document in group]
    rows = {row["id"]: row for row in conn.execute(queries.CLAIM_SIGHTINGS, {"claim": claim, "documents": listed}).fetchall()}
    told = [[rows[document] for document in group if document in rows] for group in groups[:SHOWN]]
    days = conn.execute(queries.CLAIM_DAYS, {"claim": claim}).fetchall()
    joined = {group[0] for group in groups}
    return {
        "origins": [{"first": group[0], "others": group[1:]} for group in told if group],
        "more": max(0, len(groups) - SHOWN),
        "places": conn.execute(queries.CLAIM_PLACES, [claim]).fetchall(),
        "plot": spread_chart([(row["published_at"].astimezone(LOCAL).date(), row["id"] in joined) for row in days], words, language),
    }


def spread_chart(seen: Sequence[tuple[date, bool]], words: Catalogue, language: str) -> Plot | None:
    """New independent origins a day above the other documents. `seen`: local day of each document, and whether its origin is new; None for a single day."""
    if not seen:
        return None
    _ = words.gettext
    new, all_of = Counter(day for day, first in seen if first), Counter(day for day, _first in seen)
    first, last = min(all_of), max(all_of)
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    if len(span) == 1:
        return None
    top = scale_top([float(n) for n in all_of.values()])
    plot = Plot(
        _("New independent origins a day"),
        _("From %(first)s to %(last)s; most new origins on one day: %(most)s.")
        % {"first": local_date(first), "last": local_date(last), "most": max(new.values())},
        scale=(number(top, language), "0"),
        ticks=ticks(span),
        legend=[("k-bar", _("new origins")), ("k-band", _("other documents: copies, one owner, one agency"))],
        head=[_("Day"), _("New origins"), _("Documents")],
    )
    for n, day in enumerate(span):
        if not all_of[day]:
            continue
        label = f"{local_date(day)}: {new[day]} / {all_of[day]}"
        plot.shapes.append(bar("k-bar", n, len(span), 0, new[day], top, label))
        plot.shapes.append(bar("k-band", n, len(span), new[day], all_of[day], top, label))
        plot.rows.insert(0, [local_date(day), str(new[day]), str(all_of[day])])
    return plot
