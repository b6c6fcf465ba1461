"""The town's texts: in good order, of invented places, without a person's name, different enough from each other."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
import regex

from processing.annotate import gazetteer
from processing.annotate.core import Annotator
from processing.stack.demo import canaries
from processing.stack.demo.articles import HISTORY_DAYS, Article, history, town, visible
from processing.stack.demo.grammar import material
from processing.stack.demo.town import BY_KEY, OUTAGE, OUTAGE_DAYS, communes, write_gazetteer
from processing.stack.demo.town import gazetteer as units
from processing.text import clean, fold

DAY = date(2026, 11, 21)
SURNAMES = "Nguyễn|Trần|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Ngô|Dương|Đinh|Trịnh|Đoàn|Trương"


@pytest.fixture(scope="module")
def all_articles() -> tuple[Article, ...]:
    return town(DAY)


def words(article: Article) -> str:
    return "\n".join((article.title, article.text, article.claim or "", article.rating or ""))


def test_every_text_is_clean_and_filled(all_articles: tuple[Article, ...]) -> None:
    """NFC without controls, no slot left open, sentences that begin with a capital and end with a stop, no word said twice in a row."""
    doubled = re.compile(r"\b(\w{2,}) \1\b", re.IGNORECASE)
    allowed = {"nhanh nhanh", "dần dần", "xa xa", "xanh xanh"}
    for article in all_articles:
        text = words(article)
        assert clean(text) == text and unicodedata.is_normalized("NFC", text)
        assert not re.search(r"[{}|]|  |\s,|\.\.", text), text
        for paragraph in (article.lead, *article.paragraphs):
            assert paragraph[0].isupper() or paragraph[0].isdigit(), paragraph
            assert paragraph[-1] in ".?!", paragraph
        assert not [m.group() for m in doubled.finditer(text) if m.group().casefold() not in allowed], text


def test_no_person_is_named(all_articles: tuple[Article, ...]) -> None:
    """Speakers are offices and neighbours; the only names in the town are the canaries of by-lines, never in a text."""
    name = regex.compile(rf"\b({SURNAMES})( \p{{Lu}}\p{{Ll}}+)+|\b([Ôô]ng|[Bb]à|[Aa]nh|[Cc]hị) (?!Ghế|Khẩu Hiệu)\p{{Lu}}\p{{Ll}}+")
    for article in all_articles:
        assert not name.search(words(article)), (name.search(words(article)), article.title)
        assert not any(needle in words(article) for needle in canaries.needles())


def test_the_places_are_invented() -> None:
    """No province, district or commune of Viet Nam, old or new, bears a name of the town's."""
    real = {fold(unit.short) for unit in gazetteer.load().units.values()}  # folded: not even without diacritics
    for row in units():
        kind, _, short = str(row["name"]).partition(" ")
        assert kind and fold(short) not in real, row["name"]
    assert len(communes()) == 12


def test_one_day_and_seed_make_one_town() -> None:
    town.cache_clear()
    first = town(DAY)
    town.cache_clear()
    assert town(DAY) == first
    assert town(DAY, seed=2) != first


def test_the_days_are_full(all_articles: tuple[Article, ...]) -> None:
    """Sixty days of history, fewer texts on weekends; the live day in two rounds; addresses are unique."""
    before = history(DAY)
    days = Counter(a.published.date() for a in before)
    assert set(days) == {DAY - timedelta(days=i) for i in range(1, HISTORY_DAYS + 1)}
    workdays = [n for day, n in days.items() if day.weekday() < 5]
    weekends = [n for day, n in days.items() if day.weekday() >= 5]
    assert sum(weekends) / len(weekends) < 0.75 * sum(workdays) / len(workdays)
    assert {a.round for a in all_articles if a.published.date() == DAY} == {1, 2}
    assert {a.round for a in all_articles if a.published.date() < DAY} == {0}
    assert len({(a.source, a.number) for a in all_articles}) == len(all_articles)
    assert visible(DAY, 2)[0].published > visible(DAY, 1)[0].published


def test_the_outage_is_a_gap_in_the_archive(all_articles: tuple[Article, ...]) -> None:
    gap = {a.published.date() for a in all_articles if a.source == OUTAGE and a not in set(history(DAY))}
    assert gap >= {DAY - timedelta(days=i) for i in range(1, OUTAGE_DAYS + 1)}


def test_no_hot_spot_hides_in_ordinary_news(all_articles: tuple[Article, ...]) -> None:
    """Of one topic in one commune there is at most one ordinary text a day, copies aside; the live hot-spots come out of nothing."""
    ordinary = Counter((a.topic, a.commune, a.published.date()) for a in all_articles if a.story is None and a.credit is None)
    assert max(ordinary.values()) == 1
    clear = {(a.topic, a.commune) for a in all_articles if a.story is None and DAY - a.published.date() <= timedelta(days=OUTAGE_DAYS)}
    assert not clear & {("environment_water", "D0106"), ("transport", "D0104")}


def test_texts_share_few_words(all_articles: tuple[Article, ...]) -> None:
    """Two texts of one week are not each other's copy, but for the wire's: at most one pair in twenty of a topic shares half of its 5-grams."""
    def grams(article: Article) -> set[tuple[str, ...]]:
        syllables = article.text.casefold().split()
        return {tuple(syllables[i : i + 5]) for i in range(len(syllables) - 4)}

    recent = [(a, grams(a)) for a in all_articles if a.credit is None and a.kind == "article" and DAY - a.published.date() < timedelta(days=14)]
    pairs = alike = 0
    for i, (first, left) in enumerate(recent):
        for second, right in recent[i + 1 :]:
            if first.topic == second.topic and abs((first.published - second.published).days) < 7:
                pairs += 1
                alike += len(left & right) >= 0.5 * min(len(left), len(right))
    assert pairs > 300
    assert alike <= pairs / 20


def test_the_live_day_tells_its_story(all_articles: tuple[Article, ...]) -> None:
    """Independent outlets behind both hot-spots, four copies of the wire story, letters, a column, rumours with their answers."""
    outlets = {story: {a.source for a in all_articles if a.story == story} for story in ("water", "roads", "festival")}
    assert all(len(sources) >= 6 for sources in outlets.values())
    assert len([a for a in all_articles if a.story == "wire" and a.credit]) == 4
    assert {a.story for a in all_articles if a.kind == "letter"} == {"water", "roads"}
    assert len([a for a in all_articles if a.kind == "column"]) == 3
    assert {a.kind for a in all_articles if a.story in ("kt-quy-tin-dung", "tb-dap-khe-bung")} == {"check", "statement"}
    assert all(BY_KEY[a.source].letters for a in all_articles if a.kind == "letter")


def test_material_uses_known_slots() -> None:
    """A misspelt slot would be a KeyError on some day only."""
    common, events = material()
    known = {"xa", "dv", "ub", "thon", "thon2", "duong", "song", "truong", "truongpt", "cho", "buoi", "ngay", "mai", "homqua", "n", "d"}
    texts = [text for rows in common.values() for text in rows]
    for event in events:
        texts += [*event["titles"], *event["leads"], *(text for part in event["parts"] for text in part)]
    assert {slot for text in texts for slot in re.findall(r"\{(\w+)", text)} <= known
    assert len(set(texts)) == len(texts)
    assert {event["topic"] for event in events} == set(common)


def test_the_live_day_is_understood(all_articles: tuple[Article, ...], tmp_path: Path) -> None:
    """Most outlets' texts on a hot-spot get its topic and commune; the festival and the column get none that alerts."""
    write_gazetteer(tmp_path / "gazetteer.json")
    annotator = Annotator.load(tmp_path / "gazetteer.json")

    def understood(article: Article) -> bool:
        record = annotator.annotate({"id": article.slug, "title": article.title, "text": article.text, "published_at": article.published.isoformat()})
        communes_found = {unit["code"] for place in record["places"] for unit in place["current"] if unit["level"] == "commune"}
        return record["topic"] == article.topic and article.commune in {None, *communes_found}

    for story, least in (("water", 6), ("roads", 5)):
        of_story = [a for a in all_articles if a.story == story]
        assert len({a.source for a in of_story if understood(a)}) >= least, [a.title for a in of_story if not understood(a)]
        assert all(understood(a) for a in of_story if a.kind == "letter")
    for article in (a for a in all_articles if a.kind == "column"):
        assert understood(article), article.title
