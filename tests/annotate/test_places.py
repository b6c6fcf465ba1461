"""Places: labelled sentences, valid time, abbreviations, forms of writing, traps, the extra gazetteer and the board's area."""

from __future__ import annotations

import json
import time
import unicodedata
from datetime import date
from pathlib import Path

import pytest

from processing.annotate import area, gazetteer
from processing.annotate.places import MOST, Places
from processing.errors import LangNgheError
from tests.annotate import placedata


@pytest.fixture(scope="module")
def places() -> Places:
    return Places()


@pytest.mark.parametrize("file", [placedata.FILE, placedata.SECOND], ids=["first", "second"])
def test_labelled_sentences(places: Places, file: Path) -> None:
    rows = placedata.read(places.gazetteer, file)
    figures = placedata.score(places, [row for row in rows if row.test])
    for level, precision, recall in (("province", 0.95, 0.90), ("commune", 0.85, 0.75), ("district", 0.85, 0.75)):
        assert figures[level][0] >= precision, (level, figures)
        assert figures[level][1] >= recall, (level, figures)


def test_units_of_both_periods(places: Places) -> None:
    units = places.gazetteer.units.values()
    today = [u for u in units if u.today]
    assert sum(u.level == "province" for u in today) == 34
    assert sum(u.level == "commune" for u in today) == 3321
    assert not [u for u in units if not u.today and not places.gazetteer.current(u.id)]


def test_today_equals_the_list_of_july_2026(places: Places, shared_data: Path) -> None:
    listed = json.loads((shared_data / "places" / "units_2026-07-25.json").read_text(encoding="utf-8"))
    want = {(w["Code"], gazetteer.split_name(w["FullName"])[0], p["Code"]) for p in listed for w in p["Wards"]}
    have = {(u.id, u.kind, u.province) for u in places.gazetteer.units.values() if u.today and u.level == "commune"}
    assert have == want
    assert {(p["Code"], gazetteer.split_name(p["FullName"])[0]) for p in listed} == {
        (u.id, u.kind) for u in places.gazetteer.units.values() if u.today and u.level == "province"
    }


def test_a_text_of_nothing_but_names_takes_seconds_at_most(places: Places) -> None:
    """Each mention has fifty candidates and a list behind it; the cost must stay in proportion to the text."""
    spent = []
    for times in (250, 1000):
        begin = time.process_time()
        assert places.find("phường 1, 2, 3, 4, " * times) == ([], None)
        spent.append(time.process_time() - begin)
    assert spent[1] < 12 * spent[0] + 0.5
    assert len(places.find("Hà Nội " * 14_000)[0]) == MOST


def test_a_split_unit_keeps_every_successor(places: Places) -> None:
    found, province = places.find("Ngập tại quận Bình Thủy, TP Cần Thơ.", day=date(2024, 5, 1))
    district = next(p for p in found if p["level"] == "district")
    assert len(district["current"]) > 1
    assert all(c["share"] is None for c in district["current"])
    assert province is not None
    assert province["code"] == "92"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ngập ở TP.HCM.", "79"),
        ("Ngập ở TPHCM.", "79"),
        ("Ngập ở thành phố Hồ Chí Minh.", "79"),
        ("NGẬP Ở TP HỒ CHÍ MINH", "79"),
        ("Ngap o TP Ho Chi Minh", "79"),
        ("Khô hạn ở Khánh Hoà.", "56"),
        ("Khô hạn ở BR-VT.", "79"),
        ("Khô hạn ở Đắc Lắc.", "66"),
        ("Lũ ở T.T Huế.", "46"),
    ],
)
def test_ways_of_writing(places: Places, text: str, code: str) -> None:
    province = places.find(text)[1]
    assert province is not None
    assert province["code"] == code


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Huyện Đăk Đoa, tỉnh Gia Lai thiếu nước.", "old:626"),
        ("Huyện Krông Pắk (Đắk Lắk) tồn hàng.", "old:654"),
        ("Huyện Đắk R'lấp, Đắk Nông có bụi.", "old:666"),
        ("Lũ ở huyện Mù Cang Chải, Yên Bái.", "old:137"),
        ("Thị xã Sapa, Lào Cai có băng giá.", "old:088"),
    ],
)
def test_spellings_of_the_highlands(places: Places, text: str, unit: str) -> None:
    """Desks write these names with other accents than the lists do; elsewhere another accent is another place."""
    assert unit in {p["unit"] for p in places.find(text)[0]}
    assert "old:633" not in {p["unit"] for p in places.find("Huyện Chữ Sê, tỉnh Gia Lai.")[0]}


def test_a_former_district_says_where_todays_ward_lies(places: Places) -> None:
    found, _ = places.find("Phường Ô Chợ Dừa (quận Đống Đa cũ, Hà Nội) ngập.", day=date(2026, 3, 10))
    assert [p["unit"] for p in found] == ["00190", "old:006", "01"]
    found, _ = places.find("Phường Ô Chợ Dừa (quận Đống Đa, Hà Nội) ngập.", day=date(2024, 3, 10))
    assert [p["unit"] for p in found] == ["old:00190", "old:006", "old:01"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ngập ở quận 1, 3 và 10, TP.HCM.", ["Quận 1", "Quận 3", "Quận 10"]),
        ("Cháy ở quận 5, 3 người bị thương, TP.HCM.", ["Quận 5"]),
        ("Quận 8, 10 căn nhà ở TP.HCM tốc mái.", ["Quận 8"]),
        ("Quận 3, 1.200 m2 nhà xưởng (TP.HCM) cháy rụi.", ["Quận 3"]),
        ("Sạt lở ở các phường 1, 2, 3, 4, 5 và 6 (TP Đà Lạt, Lâm Đồng).", [f"Phường {n}" for n in range(1, 7)]),
    ],
)
def test_lists_of_numbers(places: Places, text: str, names: list[str]) -> None:
    found, _ = places.find(text, day=date(2024, 5, 10))
    assert [p["name"] for p in found if p["name"].startswith(("Quận", "Phường"))] == names


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "Ngập ở đường Điện Biên Phủ.",
        "Bình Định lại quan điểm.",
        "Chị Lê Thị An Giang.",
        "Phường Quang Trung họp.",
        "Chủ tịch Hồ Chí Minh.",
    ],
)
def test_not_a_place(places: Places, text: str) -> None:
    assert places.find(text) == ([], None)


def test_the_sources_own_province_decides_between_namesakes(places: Places) -> None:
    text, day = "Xã Tân Phú vận hành trạm bơm mới.", date(2026, 3, 10)
    assert places.find(text, day=day) == ([], None)
    found, province = places.find(text, day=day, area="86")
    assert found[0]["name"] == "Xã Tân Phú"
    assert province is not None
    assert province["code"] == "86"


def test_offsets_index_the_text_as_given(places: Places) -> None:
    import unicodedata

    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, "Sáng nay, xã Ia Pal, huyện Chư Sê, tỉnh Gia Lai có mưa đá.")
        found, _ = places.find(text, "Mưa đá ở Gia Lai")
        assert [unicodedata.normalize("NFC", p["surface"]) for p in found] == ["xã Ia Pal", "huyện Chư Sê", "tỉnh Gia Lai"]
        assert all(text[p["start"] : p["end"]] == p["surface"] for p in found)


def test_extra_gazetteer(tmp_path: Path) -> None:
    file = tmp_path / "town.json"
    rows = [
        {"code": "D", "name": "Tỉnh Sông Lam Hạ", "level": "province", "parent": None, "valid_from": None, "valid_to": None},
        {"code": "D1", "name": "Xã Suối Mây", "level": "commune", "parent": "D"},
        {"code": "old:D2", "name": "Xã Đồi Gió", "level": "commune", "parent": "D", "valid_to": "2025-07-01", "successors": ["D1"]},
    ]
    file.write_text(json.dumps(rows), encoding="utf-8")
    found, province = Places(file).find("Dân xã Suối Mây và xã Đồi Gió (Sông Lam Hạ) thiếu nước.")
    assert [p["unit"] for p in found] == ["D1", "old:D2", "D"]
    assert found[1]["current"] == [{"code": "D1", "name": "Xã Suối Mây", "level": "commune", "share": 1.0}]
    assert province is not None
    assert province["code"] == "D"
    file.write_text('[{"code": "D"}]', encoding="utf-8")
    gazetteer.load.cache_clear()
    with pytest.raises(LangNgheError, match=r"town\.json"):
        gazetteer.load(file)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"code": "A", "name": "Tỉnh A", "level": "province", "parent": "B"}, {"code": "B", "name": "Tỉnh B", "level": "province", "parent": "A"}], "lead back"),
        ([{"code": "A", "name": "Tỉnh A", "level": "province", "parent": "A"}], "lead back"),
        ([{"code": "A", "name": "Xã A", "level": "commune", "parent": "ZZ"}], "'ZZ' is no code"),
        ([{"code": "A", "name": "Tỉnh A", "level": "province", "successors": ["ZZ"]}], "successor 'ZZ'"),
        ([{"code": "A", "name": "Tỉnh A", "level": "province", "successors": "52"}], "list of texts"),
        ([{"code": "A", "name": "Tỉnh ", "level": "province"}], "more than a type"),
        ([{"code": "A", "name": ["Tỉnh A"], "level": "province"}], "must be text"),
        ([{"code": 1, "name": "Tỉnh A", "level": "province"}], "must be text"),
        ([{"code": "A", "name": "Tỉnh A", "level": "state"}], "level must be"),
        ([{"code": "A", "name": "Tỉnh A", "level": "province", "valid_to": "2025-13-01"}], "month"),
        ({"code": "A"}, "cannot read"),
    ],
)
def test_a_faulty_gazetteer_is_refused_by_code_and_field(tmp_path: Path, rows: object, words: str) -> None:
    file = tmp_path / "town.json"
    file.write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(LangNgheError, match=words):
        gazetteer._extra(file, {})


@pytest.mark.parametrize(
    ("entry", "unit"),
    [
        ("H. Chư Sê", "old:633"),
        ("Huyen Chu Se", "old:633"),
        ("Huyện Đăk Đoa", "old:626"),
        ("TP.HCM", "79"),
        ("Phường 1, Q.3, TP.HCM", "old:27160"),
        ("TP. Quy Nhơn, Bình Định", "old:540"),
        ("Thừa Thiên Huế", "46"),
        ("Bà Rịa-Vũng Tàu", "old:77"),
        ("Tỉnh Gia Lai", "52"),
        ("Tỉnh Gia Lai cũ", "old:64"),
        ("Thị xã Sapa", "old:088"),
        ("Sài Gòn", "26740"),
    ],
)
def test_area_as_people_write_it(places: Places, entry: str, unit: str) -> None:
    assert area.lookup(places.gazetteer, entry).id == unit
    assert area.lookup(places.gazetteer, unicodedata.normalize("NFD", entry)).id == unit, "as some editors save it"


def test_area_in_old_units(places: Places, tmp_path: Path) -> None:
    file = tmp_path / "area.toml"
    file.write_text('name = "Chư Sê"\nunits = ["Huyện Chư Sê"]\n', encoding="utf-8")
    found = area.resolve(file, places.gazetteer)
    assert "23941" in found.unit_codes
    assert found.became[0].startswith("Huyện Chư Sê: Xã ")
    for bad in ('name = "A"\nunits = ["Huyện Châu Thành"]', 'name = "A"\nunits = ["Huyện Không Có"]', 'name = "A"\nunit = []', "name = ["):
        file.write_text(bad, encoding="utf-8")
        with pytest.raises(LangNgheError, match=r"area\.toml"):
            area.resolve(file, places.gazetteer)
