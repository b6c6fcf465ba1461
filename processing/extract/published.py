"""When a page was published: the visible Vietnamese string, the feed unless its CMS lies, JSON-LD and OpenGraph, at last htmldate's day."""

from __future__ import annotations

import re
from datetime import datetime

from processing.extract import dates, dom, rules
from processing.extract.model import FeedEntry


def near_title(tree: dom.Node) -> str:
    """The printed date: the first one after the headline within a screenful, else the last one just before it. Clocks in page headers are not."""
    heading = next(iter(tree.xpath("//h1[string-length(normalize-space()) > 10]")), None)
    if heading is None:
        return ""
    seen = 0
    for text in heading.xpath("following::text()[normalize-space()][not(parent::script or parent::style)][position() < 60]"):
        line = dom.one_line(text)
        holder = dom.one_line(text.getparent().text_content()) if len(line) < 60 else line
        if len(line) < 90 and re.search(r"\d", line):
            for shown in (holder, line):
                if (
                    len(shown) < 120
                    and dates.visible(shown)
                    and not re.match(r"(?i)\W*(?:ngày |lần )?(?:cập nhật|sửa|chỉnh sửa|updated|modified)", shown)
                ):
                    return shown
        seen += len(line)
        if seen > 1500:
            break
    before = heading.xpath("preceding::text()[normalize-space()][not(parent::script or parent::style)][position() < 8]")
    return next(
        (s for t in reversed(before) if len(s := dom.one_line(t)) < 60 and re.search(r"\d:\d\d|\dh\d\d", s) and dates.visible(s)), ""
    )


def stamped(tree: dom.Node, latest: datetime) -> str | None:
    """The machine-readable date: JSON-LD, OpenGraph and its kin, `<time>`."""
    found: list[str] = []
    for script in tree.xpath('//script[@type="application/ld+json"]/text()')[:6]:
        # a pattern, not a parser: 2 MB of broken JSON-LD costs nothing, and no other property is ever read
        found += re.findall(r'"datePublished"\s*:\s*"([^"]{4,40})"', script[:500_000])[:1]
    found += tree.xpath(
        '//meta[@property="article:published_time" or @name="article:published_time" or @itemprop="datePublished" or @name="pubdate"'
        ' or @name="publish-date" or @name="DC.date.issued" or @name="dc.date" or @name="date" or @property="og:published_time"'
        ' or @name="parsely-pub-date" or @name="sailthru.date" or @name="publishdate"]/@content'
    )[:6]
    found += tree.xpath('//*[@itemprop="datePublished"]/@datetime | //time[@pubdate]/@datetime | //article//time/@datetime')[:3]
    found += [
        dom.one_line(n.text_content())[:60] for n in tree.xpath('//*[@itemprop="datePublished"][not(@datetime)][not(self::meta)]')[:1]
    ]
    return next((d for raw in found if (d := dates.machine(str(raw), latest))), None)


def published(
    parts: rules.Parts, near: str, stamp: str | None, entry: FeedEntry | None, url: str | None, tree: dom.Node, latest: datetime
) -> tuple[str | None, list[str]]:
    """Visible Vietnamese string, then the feed unless its CMS lies, then JSON-LD and OpenGraph, then htmldate's day."""
    warnings: list[str] = []
    shown = [d for text in (parts.date, near) if text and (d := dates.visible(text, latest) or dates.machine(text, latest))]
    if (parts.date or near) and not shown:
        warnings.append("the printed date is not plausible")
    cms = (entry.cms if entry else "") or (parts.rule if parts.rule in dates.FEED_LIES else "")
    fed = dates.feed(entry.published_raw, cms, latest) if entry and entry.published_raw else None
    # NukeViet's datePublished is the time of the last edit
    machine = stamp if parts.rule not in dates.FEED_LIES else None
    minute = [d for d in (*shown, fed, machine) if d and "T" in d]
    day = [d for d in (*shown, fed, machine) if d]
    if shown and "T" not in shown[0]:
        # the page prints a day: a source with the minute must agree on it
        minute = [d for d in minute if d[:10] == shown[0][:10]]
        return (minute or shown)[0], warnings
    if minute or day:
        return (minute or day)[0], warnings
    return dates.url_day(url or "", latest) or _htmldate(tree, url, latest), warnings


def _htmldate(tree: dom.Node, url: str | None, latest: datetime) -> str | None:
    from htmldate import find_date

    try:
        found = find_date(tree, url=url, original_date=True, extensive_search=False, max_date=latest.date().isoformat())
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None
    return dates.machine(found, latest) if found else None
