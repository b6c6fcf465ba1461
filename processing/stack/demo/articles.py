"""What the town publishes: sixty days of ordinary news, then the live day's story line in two rounds."""

from __future__ import annotations

import random
import tomllib
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal

from processing.stack.demo.grammar import Dealer, dates, material
from processing.stack.demo.town import BY_KEY, HERE, LOCAL, OUTAGE, OUTAGE_DAYS, OUTLETS, commune, communes
from processing.text import fold

HISTORY_DAYS = 60
WIRE = "hang-tin-duyen-hai"
COPIERS = ("bao-hoai-linh", "tin-trinh-giang", "doi-song-song-trinh")
_WEEKEND_SHARE = 0.55
_TOPIC_WEIGHT = {"other": 3, "administrative": 2, "education": 2, "agriculture": 2, "public_works": 2}
# Ordinary news keeps away from the live hot-spots' series on the days around them, as the story line says they come out of nothing.
_KEEP_CLEAR = {("environment_water", "D0106"), ("transport", "D0104")}

_NOT_THERE = {("agriculture", "D0101"), ("agriculture", "D0102")}  # the two town wards have no fields

Kind = Literal["article", "letter", "column", "check", "statement"]


@dataclass(frozen=True)
class Article:
    """One published text. `published` is local time; `round` 0 is history; `commune`, `topic` and `story` are what it was written to be about."""

    source: str
    number: int
    published: datetime
    title: str
    lead: str
    paragraphs: tuple[str, ...]
    topic: str
    commune: str | None = None
    kind: Kind = "article"
    story: str | None = None
    credit: str | None = None
    round: int = 0
    claim: str | None = None
    rating: str | None = None

    @property
    def slug(self) -> str:
        """The title as an address: folded words joined by hyphens."""
        return "-".join("".join(c if c.isalnum() else " " for c in fold(self.title)).split())

    @property
    def text(self) -> str:
        """Lead, newline, body: what extraction should give back."""
        return "\n".join((self.lead, *self.paragraphs))


@lru_cache(maxsize=4)
def town(day: date, seed: int = 1) -> tuple[Article, ...]:
    """Everything the town has published by the end of the live day, in order of time; numbers count up per source."""
    chance = random.Random(f"{seed}")  # noqa: S311 - invented news, no secret
    dealer = Dealer(chance)
    drafts: list[Article] = []
    for back in range(HISTORY_DAYS, -1, -1):
        drafts += _ordinary_day(dealer, day - timedelta(days=back), live=back == 0, quiet=back < OUTAGE_DAYS + 1)
    drafts += _scripted(day) + _checks(day)
    return tuple(_numbered(drafts))


def history(day: date, seed: int = 1) -> list[Article]:
    """What an archive of the sixty days holds: all before the live day but the last days of the paper whose feed is down."""
    gap = day - timedelta(days=OUTAGE_DAYS)
    return [a for a in town(day, seed) if a.published.date() < day and not (a.source == OUTAGE and a.published.date() >= gap)]


def visible(day: date, round_: int, seed: int = 1) -> list[Article]:
    """What the sites show in a round, newest first."""
    return [a for a in reversed(town(day, seed)) if a.round <= round_]


def _numbered(drafts: list[Article]) -> list[Article]:
    counts: dict[str, int] = defaultdict(lambda: 100)
    result = []
    for article in sorted(drafts, key=lambda a: (a.published, a.source, a.title)):
        counts[article.source] += 1
        result.append(replace(article, number=counts[article.source]))
    return result


def _ordinary_day(dealer: Dealer, day: date, *, live: bool, quiet: bool) -> list[Article]:
    chance = dealer.chance
    topics = sorted(material()[0])
    pairs = [(topic, place) for topic in topics for place in communes() if (topic, place.code) not in _NOT_THERE for _ in range(_TOPIC_WEIGHT.get(topic, 1))]
    chance.shuffle(pairs)
    used = set(_KEEP_CLEAR) if quiet else set()
    share = _WEEKEND_SHARE if day.weekday() >= 5 else 1.0
    found: list[Article] = []
    for outlet in OUTLETS:
        for _ in range(round(outlet.weekday * share + chance.uniform(-0.5, 0.5))):
            topic, place = next((t, p) for t, p in pairs if (t, p.code) not in used)
            used.add((topic, place.code))
            draft = dealer.article(topic, place, day)
            when = datetime.combine(day, time(chance.randint(5, 21), chance.randint(0, 59)), LOCAL)
            round_ = 0 if not live else 1 if when.hour < 14 else 2
            article = Article(outlet.key, 0, when, draft.title, draft.lead, draft.paragraphs, topic, place.code, round=round_)
            found.append(article)
            if outlet.key == WIRE and not live and chance.random() < 0.6:
                found += _copies(article, list(chance.sample(COPIERS, chance.randint(1, 2))))
    return found


def _copies(wire: Article, papers: list[str]) -> list[Article]:
    """The papers' reprints: an hour or so later, the last paragraph sometimes cut, the agency credited."""
    copies = []
    for i, paper in enumerate(papers):
        body = wire.paragraphs if i % 2 == 0 else wire.paragraphs[:-1]
        when = wire.published + timedelta(minutes=35 + 25 * i)
        when = min(when, when.replace(hour=23, minute=50) if when.date() == wire.published.date() else wire.published)
        copies.append(replace(wire, source=paper, published=when, paragraphs=body, credit=BY_KEY[WIRE].name))
    return copies


def _filled(row: dict[str, Any], day: date) -> dict[str, Any]:
    slots = dates(day)

    def fill(value: Any) -> Any:
        if isinstance(value, list):
            return [fill(item) for item in value]
        if isinstance(value, str):
            for name, words in slots.items():
                value = value.replace(f"{{{name}}}", words)
        return value

    return {key: fill(value) for key, value in row.items()}


def _scripted(day: date) -> list[Article]:
    found: list[Article] = []
    for path in sorted((HERE / "texts").glob("live_*.toml")):
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["article"]:
            row = _filled(row, day)
            when = datetime.combine(day, time.fromisoformat(row["time"]), LOCAL)
            article = Article(
                row["source"], 0, when, row["title"], row["lead"], tuple(row["body"]), row["topic"], row.get("commune"),
                row.get("kind", "article"), row["story"], None, row["round"],
            )  # fmt: skip
            found += [article, *_copies(article, row.get("copies", []))]
            if article.commune:
                commune(article.commune)
    return found


def _checks(day: date) -> list[Article]:
    found = []
    for row in tomllib.loads((HERE / "texts" / "checks.toml").read_text(encoding="utf-8"))["check"]:
        on = day - timedelta(days=row["days"])
        row = _filled(row, on)
        kind: Kind = "check" if BY_KEY[row["source"]].shape == "fact_check" else "statement"
        when = datetime.combine(on, time.fromisoformat(row["time"]), LOCAL)
        check = Article(row["source"], 0, when, row["title"], row["lead"], tuple(row["body"]), "other", kind=kind, story=row["id"])
        found.append(replace(check, round=row.get("round", 0), claim=row["claim"], rating=row["rating"]))
    return found
