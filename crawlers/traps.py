"""Addresses that no crawl comes to the end of: calendars, filters, searches, paths that repeat themselves. Judged on the address alone.

The crawler follows no links inside pages, so such addresses can reach it through a listing or a sitemap only; there they would fill every poll.
"""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import parse_qsl, unquote, urlsplit

_SEARCH = re.compile(r"/(search|tim-kiem|timkiem|ket-qua-tim-kiem|tag|tags|tu-khoa)(/|$|\.)", re.I)
_CALENDAR = re.compile(r"/(calendar|lich|lich-cong-tac|events?|su-kien)(/(month|week|day|thang|tuan|ngay))?/\d{4}([-/]\d{1,2}){0,2}/?$", re.I)
_DATE_PARAMETERS = frozenset(("day", "month", "mon", "year", "ngay", "thang", "nam", "calendar"))
_FACETS = frozenset((
    "sort", "order", "orderby", "order_by", "sortby", "dir", "filter", "filters", "facet", "facets", "view", "layout", "limit", "per_page", "perpage",
    "pagesize", "page_size", "show", "mode", "display", "color", "size", "brand", "price", "min", "max", "from_date", "to_date", "fromdate", "todate",
    "tungay", "denngay", *_DATE_PARAMETERS,
))  # fmt: skip
_MOST_FACETS = 3
_MOST_PARAMETERS = 12


def endless(url: str) -> bool:
    """Whether this canonical address is one of endless many that show the same pages again."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if _SEARCH.search(path) or _CALENDAR.search(path) or _repeats(path):
        return True
    names = [re.sub(r"\[.*", "", name).lower() for name, _ in parse_qsl(parts.query)]
    facets = {name for name in names if name in _FACETS} | {f"{name}[]" for name, count in Counter(names).items() if count > 1}
    if len(names) > _MOST_PARAMETERS or len(facets) >= _MOST_FACETS:
        return True
    # A page of a calendar is asked for by its date and nothing else.
    return len(_DATE_PARAMETERS & set(names)) >= 2 and set(names) <= _DATE_PARAMETERS | {"view"}


def _repeats(path: str) -> bool:
    """A path in which the same folders come again and again, as a relative link that a server answers at any depth makes them."""
    folders = [part for part in path.split("/") if part]
    if len(folders) > 20:
        return True
    return any(count >= 4 for count in Counter(folders).values()) or any(
        folders[i : i + n] == folders[i + n : i + 2 * n] == folders[i + 2 * n : i + 3 * n] for n in (1, 2, 3) for i in range(len(folders) - 3 * n + 1)
    )
