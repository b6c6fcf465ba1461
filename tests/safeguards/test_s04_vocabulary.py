"""S4: the topic vocabulary is the closed list of public services and hazards, everywhere it can be read."""

from __future__ import annotations

import re

from processing.annotate.topics import PHRASES, Topics, phrases, taxonomy
from processing.db import Connection

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
