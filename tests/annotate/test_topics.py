"""Topics: the labelled leads, the closed list, and doubt."""

from __future__ import annotations

from pathlib import Path

import pytest

from processing.annotate.topics import OTHER, Topics, taxonomy
from processing.annotate.train_topics import by_rules
from tests.annotate import topicdata


@pytest.fixture(scope="module")
def topics() -> Topics:
    return Topics.load()


def test_labelled_leads(topics: Topics) -> None:
    rows = topicdata.read()
    answers = [(label, *topics.classify("", text)) for label, text in rows]
    assert topicdata.macro_f1(rows, lambda text: topics.classify("", text)[0]) >= 0.80
    assert topicdata.calibration_error([(score, said == label) for label, said, score in answers]) <= 0.06


def test_real_articles(topics: Topics, shared_data: Path) -> None:
    rows = topicdata.read_real(shared_data)
    answers = {text: topics.classify(title, text) for _, title, text in rows}
    pairs = [(label, text) for label, _, text in rows]
    model = topicdata.macro_f1(pairs, lambda text: answers[text][0])
    assert model >= 0.75
    assert model >= 0.10 + topicdata.macro_f1(pairs, lambda text: by_rules(text)[0])
    said = [(label, answers[text][0]) for label, text in pairs if answers[text][0] != OTHER]
    assert sum(label == answer for label, answer in said) >= 0.85 * len(said)
    assert topicdata.calibration_error([(answers[text][1], answers[text][0] == label) for label, text in pairs]) <= 0.07


def test_openings_of_news(topics: Topics) -> None:
    """Accidents told like crime news, papers of today, and what looks like a service and is none: court, party, faith, protest, adverts."""
    rows = [(label, *topics.classify(title, text)) for label, title, text in topicdata.read_openings()]
    assert len(rows) >= 290
    assert {label for label, _, _ in rows} == set(taxonomy())
    assert sum(said == label for label, said, _ in rows) >= 0.90 * len(rows)
    nothing = [said for label, said, _ in rows if label == OTHER]
    assert sum(said == OTHER for said in nothing) >= 0.90 * len(nothing)
    assert topicdata.calibration_error([(score, said == label) for label, said, score in rows]) <= 0.05


def test_every_label_has_its_words(topics: Topics) -> None:
    assert set(topics.labels) == set(taxonomy())
    assert {label for label, _ in topicdata.read()} == set(taxonomy())
    for topic in taxonomy().values():
        assert topic.vi
        assert topic.en
        assert topic.definition
        assert topic.examples


@pytest.mark.parametrize("text", ["", "x", "12 34", "Lorem ipsum dolor sit amet", "tử vi hôm nay", "Kết quả xổ số"])
def test_nothing_to_say_is_other(topics: Topics, text: str) -> None:
    assert topics.classify("", text)[0] == OTHER
