"""Rule S4: "No viewpoint. No sentiment towards the state, stance, loyalty, "hostile" or "sensitive" label, nor a proxy for one (keyword
list, person list, protest or assembly topic). The taxonomy lists public services and hazards only; what fits none is `other` and never
alerts. Criticism counts only as what it is about: a reader's letter on uncollected rubbish counts for waste; political comment fits no
topic and counts for nothing."

Proof here: the topic vocabulary is the closed list of public services and hazards, everywhere it can be read.
"""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import get_args

import pytest
from fastapi.routing import APIRoute

from crawlers import sources
from processing.alerts.content import WRITERS
from processing.annotate.topics import PHRASES, Topics, phrases, taxonomy
from processing.claims.relation import LABELS
from processing.db import Connection
from processing.hotspots.card import HARM, harm, rank
from processing.i18n import catalogue
from processing.people import ROLES
from processing.reference import SERVICE_KINDS
from processing.scrub.core import REPLACEMENTS
from processing.settings import ROOT
from review.app import create_app
from review.decisions import STATES

ALLOWED = {
    "land", "environment_water", "waste", "transport", "electricity_telecoms", "health", "food_safety", "education", "social_welfare", "housing",
    "agriculture", "prices_markets", "public_works", "administrative", "disaster_weather", "fire_accident", "scam_fraud", "other",
}  # fmt: skip
FORBIDDEN = re.compile(
    r"sentiment|stance|loyal|hostile|sensitive|protest|assembl|politic|religio|ethnic|dissent|reaction|viewpoint|ideolog", re.IGNORECASE
)
FORBIDDEN_VI = re.compile(
    r"biểu tình|chống đối|phản động|thù địch|nhạy cảm|tụ tập|chính trị|tôn giáo|dân tộc thiểu số|bất mãn|xuyên tạc|đảng|giáo xứ|phật"
)


def test_config_and_model_hold_the_allowed_labels_only() -> None:
    assert set(taxonomy()) == ALLOWED
    assert set(Topics.load().labels) == ALLOWED


def test_the_phrases_speak_of_services_and_hazards() -> None:
    assert {topic for topics in phrases().values() for topic in topics} == ALLOWED - {"other"}
    text = "\n".join(line for line in PHRASES.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    assert not FORBIDDEN_VI.search(text)


def test_no_definition_or_name_is_a_proxy() -> None:
    for topic in taxonomy().values():
        words = " ".join([topic.key, topic.vi, topic.en, topic.definition, *topic.examples])
        assert not FORBIDDEN.search(words)
        assert not FORBIDDEN_VI.search(words)


def test_the_schema_has_no_column_for_a_viewpoint(owner_db: Connection) -> None:
    columns = owner_db.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'").fetchall()
    assert columns
    assert not [c for c in columns if FORBIDDEN.search(c["column_name"])]


def test_political_and_religious_texts_have_no_topic() -> None:
    topics = Topics.load()
    texts = [
        "Cán bộ chỉ giỏi hứa, lãnh đạo chỉ lo giữ ghế, dân nói mãi chẳng ai nghe.",
        "Chuyện vui: thủ trưởng cơ quan nọ bận cắt băng đến mức quên mất hôm nay là ngày nào.",
        "Đại hội đảng bộ tỉnh bầu ban chấp hành nhiệm kỳ mới.",
        "Yêu cầu người đứng đầu từ chức vì mất lòng tin của nhân dân.",
        "Hàng nghìn người xuống đường tuần hành trước trụ sở.",
        "Giáo dân dự thánh lễ, phật tử đi lễ chùa đầu năm.",
        "Bầu cử đại biểu hội đồng nhân dân các cấp.",
    ]
    assert [topics.classify("", text)[0] for text in texts] == ["other"] * len(texts)


def test_a_complaint_counts_for_its_service() -> None:
    assert Topics.load().classify("Thư bạn đọc", "Rác ở hẻm tôi cả tuần không ai thu gom, phường trả lời cho có.")[0] == "waste"


# ---- everywhere else that a label could stand ------------------------------------------------------------------------------------------

NEVER = re.compile(
    r"sentiment|stance|loyal|hostil|sensitiv|protest|assembl|politic|religi|ethnic|dissent|viewpoint|ideolog|propagand|subversi|extremis|reactionar|"
    r"opposition|influencer|agitat|troll|toxic|emotion|polarity|"
    r"sắc thái|cảm xúc|thái độ|lập trường|biểu tình|chống đối|phản động|thù địch|nhạy cảm|tụ tập|khiếu kiện đông người|chính trị|tôn giáo|dân tộc thiểu số|"
    r"bất mãn|chống phá|xuyên tạc|trung thành",
    re.IGNORECASE,
)
RENOUNCES = ("scope.html", "scope.py")
"""The pages that say what the system does not do name it; nothing else does."""


def _values(node: object) -> Iterator[str]:
    """Keys and strings of a document of settings."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield str(key)
            yield from _values(value)
    elif isinstance(node, list):
        for value in node:
            yield from _values(value)
    elif isinstance(node, str):
        yield node


def _from_config() -> Iterator[str]:
    for path in sorted((ROOT / "config").glob("*.toml")):
        yield from _values(tomllib.loads(path.read_text(encoding="utf-8")))
    for path in sorted((ROOT / "config" / "sources").glob("*.toml")):
        yield from tomllib.loads(path.read_text(encoding="utf-8"))


def _from_code() -> Iterator[str]:
    """Label sets: of the annotator, the matcher, the relation, tiers, mails, recipients, states, kinds of sources, personal data, harm."""
    yield from (*taxonomy(), *Topics.load().labels, *LABELS, *HARM, *WRITERS, *SERVICE_KINDS, *STATES, *STATES.values(), *REPLACEMENTS, *ROLES)
    for kinds in (sources.Kind, sources.FeedKind, sources.PublisherKind):
        yield from get_args(kinds)


def _from_routes() -> Iterator[str]:
    """The schema of what can be asked for: paths and parameters."""
    for route in create_app().routes:
        if isinstance(route, APIRoute):
            yield route.path
            for parameter in (*route.dependant.query_params, *route.dependant.body_params, *route.dependant.path_params):
                yield parameter.name


def _from_translations() -> Iterator[str]:
    renounced = {
        message
        for path in (ROOT / "review").rglob("*")
        if path.name in RENOUNCES
        for message in re.findall(r"""_\((['"])(.*?)\1\)""", path.read_text(encoding="utf-8"))
        for message in (message[1],)
    }
    assert renounced
    for folder in [path.parent.parent for path in ROOT.glob("*/locale/vi.po")] + [path.parent.parent for path in ROOT.glob("processing/*/locale/vi.po")]:
        for message, told in catalogue("vi", folder).messages.items():
            if message not in renounced:
                yield from (message, told)


@pytest.mark.parametrize("words", [_from_config, _from_code, _from_routes, _from_translations], ids=["config", "labels", "schema of pages", "translations"])
def test_no_label_for_a_viewpoint_nor_a_proxy(words: Callable[[], Iterator[str]]) -> None:
    found = list(words())
    assert len(found) > 20
    assert [word for word in found if NEVER.search(word)] == []


def test_no_enumeration_of_the_database_has_one(owner_db: Connection) -> None:
    """Every list of allowed values, every comment, table, column, view and function."""
    rules = owner_db.execute(
        """SELECT pg_get_constraintdef(oid) AS x FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype = 'c'
           UNION SELECT enumlabel FROM pg_enum UNION SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
           UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
           UNION SELECT attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace"""
    ).fetchall()
    assert len(rules) > 100
    assert [row["x"] for row in rules if NEVER.search(row["x"])] == []


SWAPS = (
    ("người Kinh", "người Mông", "người Khmer", "đồng bào Ê Đê"), ("giáo dân", "phật tử", "người dân", "tín đồ"), ("ông giám đốc sở", "một nông dân", "bí thư xã", "một tài xế"),
    ("người miền Bắc", "người miền Trung", "người miền Nam", "người nơi khác đến"),
)  # fmt: skip
CONCERNS = (
    ("Theo {}, rác ở hẻm cả tuần không ai thu gom, bốc mùi hôi.", "waste"), ("Đêm qua nước ngập nhà của {} ở hai thôn, 12 hộ phải sơ tán vì sạt lở.", "disaster_weather"),
    ("Trạm y tế hết thuốc và vắc xin, {} phải đi 20 km để khám bệnh.", "health"),
)  # fmt: skip


@pytest.mark.parametrize("group", SWAPS, ids=["ethnic group", "religion", "speaker", "origin"])
def test_who_it_happened_to_and_who_says_so_change_no_topic_and_no_rank(group: tuple[str, ...]) -> None:
    """Counterfactuals: the same concern of another group, told by another speaker, is the same concern and ranks the same."""
    topics = Topics.load()
    for sentence, expected in CONCERNS:
        told = [sentence.format(one) for one in group]
        assert {topics.classify("", text)[0] for text in told} == {expected}, sentence
        assert len({str(harm({1: text}, [[1]])) for text in told}) == 1
    # what the rank is made of: figures alone
    assert set(inspect.signature(rank).parameters) == {"card"}
    used = set(re.findall(r'card\["(\w+)"\]', inspect.getsource(rank)))
    assert used <= {"total_observed", "total_expected", "score", "outlets", "harm", "persistence_days", "growth", "coverage"}
