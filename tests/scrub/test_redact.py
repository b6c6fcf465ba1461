"""Redaction on labelled sentences, on every way of writing a number that we could think of, and on what must survive."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.scrub import score, sentences
from processing.scrub.core import REPLACEMENTS, redact

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
GAP = st.sampled_from(["", " ", ".", "-", " - ", "·", "\u00a0", "\u2009", "–", "\u200b"])
LEADS = st.sampled_from(["Gọi ", "Liên hệ anh T. ", "SĐT: ", "số ", "Zalo ", "(", "Ai thấy xin báo về "])
WORDS = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]


def test_enough_labelled_sentences() -> None:
    assert len(sentences("dev")) >= 200 and len(sentences("test")) >= 200


@pytest.mark.parametrize("name", ["dev", "test"])
def test_recall_and_precision(name: str) -> None:
    result = score(name)
    assert result.recall >= 0.98, result.missed
    assert result.precision >= 0.97, result.wrong


def mobile(draw: st.DrawFn) -> str:
    return "0" + draw(st.sampled_from("35789")) + "".join(draw(st.lists(st.sampled_from("0123456789"), min_size=8, max_size=8)))


@st.composite
def phones(draw: st.DrawFn) -> str:
    """A mobile number in any usual grouping, gap and prefix."""
    digits = mobile(draw)
    prefix = draw(st.sampled_from(["0", "+84", "+84 ", "(+84) ", "84", "0084 ", "(0)", "+84(0)"]))
    rest, gap = digits[1:], draw(GAP)
    cuts = draw(st.sampled_from([(), (3, 6), (2, 5), (3,), (2, 4, 6), (1, 3, 6)]))
    parts = [rest[a:b] for a, b in zip((0, *cuts), (*cuts, len(rest)), strict=True)]
    return prefix + gap.join(parts)


@QUICK
@given(LEADS, phones(), st.sampled_from([" nhé", ".", ", gặp cô H.", ")", "", " để đăng ký"]))
def test_every_way_to_write_a_phone(lead: str, phone: str, tail: str) -> None:
    result = redact(lead + phone + tail)
    assert [f.kind for f in result.found] == ["phone"], (lead + phone + tail, result)
    assert not any(c.isdigit() for c in result.text)


@QUICK
@given(st.data())
def test_spelt_phones(data: st.DataObject) -> None:
    digits = "0" + data.draw(st.sampled_from("35789")) + "".join(data.draw(st.lists(st.sampled_from("0123456789"), min_size=8, max_size=8)))
    gap = data.draw(st.sampled_from([" ", ", ", " - "]))
    result = redact(f"Em đọc số: {gap.join(WORDS[int(d)] for d in digits)}.")
    assert [f.kind for f in result.found] == ["phone"]
    assert result.text == "Em đọc số: [số điện thoại]."


@QUICK
@given(st.integers(1, 96), st.integers(0, 3), st.integers(0, 99_999_999), st.sampled_from(["", " ", ".", "-"]))
def test_citizen_numbers(province: int, sex: int, rest: int, gap: str) -> None:
    digits = f"{province:03d}{sex}{rest:08d}"
    text = f"CCCD số {gap.join(digits[i : i + 3] for i in range(0, 12, 3))}, cấp năm ngoái"
    assert [f.kind for f in redact(text).found] == ["id_number"], text


@QUICK
@given(
    st.integers(11, 99),
    st.sampled_from("ABCDEFGHKLMNSTUVXYZ"),
    st.sampled_from(["-", " ", "", " - "]),
    st.integers(0, 99_999),
    st.booleans(),
)
def test_plates(province: int, letter: str, gap: str, number: int, dot: bool) -> None:
    five = f"{number:05d}"
    text = f"Xe {province}{letter}{gap}{five[:3]}{'.' if dot else ''}{five[3:]} rời đi"
    assert [f.kind for f in redact(text).found] == ["plate"], text


@QUICK
@given(
    st.integers(1_000, 999_999_999_999),
    st.sampled_from([" đồng", "đ", " VNĐ", " m2", " ha", " người", " tấn", " triệu đồng", " USD", " lượt khách", " km", " kWh"]),
)
def test_quantities_survive(value: int, unit: str) -> None:
    text = f"Tổng cộng {value:,}{unit}".replace(",", ".")
    assert redact(text).text == text


@QUICK
@given(st.dates(date(1500, 1, 1), date(2199, 12, 31)), st.sampled_from(["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%Hh%M ngày %d/%m/%Y", "%d.%m.%Y %H:%M"]))
def test_dates_survive(day: date, form: str) -> None:
    text = f"Từ {day.strftime(form)} đến cuối tháng"
    assert redact(text).text == text


@QUICK
@given(
    st.integers(1, 9999), st.sampled_from(["-QĐ/TW", "/QĐ-UBND", "/2024/NĐ-CP", "-NQ/TW", "/TB-VPCP", "/KH-UBND", "/2025/QH15", "-CT/TU"])
)
def test_document_numbers_survive(number: int, tail: str) -> None:
    text = f"Quyết định {number}{tail} nêu rõ"
    assert redact(text).text == text


@QUICK
@given(st.text(max_size=400))
def test_any_text_is_taken_and_spans_index_it(text: str) -> None:
    result = redact(text)
    ends = [0]
    for found in result.found:
        assert ends[-1] <= found.start < found.end <= len(text)
        ends.append(found.end)
    rebuilt, at = "", 0
    for found in result.found:
        rebuilt += text[at : found.start] + REPLACEMENTS[found.kind]
        at = found.end
    assert rebuilt + text[at:] == result.text


def test_twice_is_once() -> None:
    for name in ("dev", "test"):
        for text, _ in sentences(name):
            once = redact(text).text
            assert redact(once).text == once


def test_decomposed_letters_and_hidden_characters_do_not_hide_a_number() -> None:
    text = unicodedata.normalize("NFD", "Số điện thoại của chị là 09\u200b12 345\u00ad 678, số tài khoản 0011\u00a02233\u00a04455")
    result = redact(text)
    assert [f.kind for f in result.found] == ["phone", "bank_account"]
    assert text[result.found[0].start : result.found[0].end] == "09\u200b12 345\u00ad 678"


def test_hostile_text_takes_no_time() -> None:
    import time

    start = time.process_time()
    for piece in (
        "0 " * 9_000,
        "a@" * 9_000,
        "số " * 9_000,
        "không " * 9_000,
        "12/" * 9_000,
        "Số 1 A" * 3_000,
        "0912345678 " * 1_000,
        "A " * 9_000,
        "1" * 9_000,
        "0912\n" * 3_000,
        "0912 ba " * 3_000,
        "0912/" * 3_000,
        "a (a) b " * 3_000,
        "x . com " * 3_000,
        "biển 29 a " * 3_000,
        "gọi 9 " * 3_000,
    ):
        redact(piece)
    assert time.process_time() - start < 20


@QUICK
@given(st.data())
def test_letters_that_look_like_digits(data: st.DataObject) -> None:
    digits = list(mobile(data.draw))
    for at in data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=2, unique=True)):
        digits[at] = {"0": "O", "1": data.draw(st.sampled_from("Il|"))}.get(digits[at], digits[at])
    gap = data.draw(st.sampled_from(["", " ", "."]))
    phone = gap.join(("".join(digits[:4]), "".join(digits[4:7]), "".join(digits[7:])))
    assert [f.kind for f in redact(f"Liên hệ {phone} gặp chị H.").found] == ["phone"], phone


@QUICK
@given(st.sampled_from("KH"), st.integers(1, 400), st.integers(1, 99), st.sampled_from(["Trần Cao Vân", "Phan Bội Châu", "đường Lê Duẩn"]))
def test_alleys_as_da_nang_and_hue_write_them(letter: str, alley: int, house: int, street: str) -> None:
    result = redact(f"Nhà ông T. ở {letter}{alley}/{house} {street} bị tốc mái.")
    assert [f.kind for f in result.found] == ["address"] and str(alley) not in result.text


@QUICK
@given(
    st.integers(100_000_000, 799_999_999),
    st.sampled_from(["Công ty Điện lực", "doanh nghiệp tư nhân Hòa Phát", "Hợp tác xã An Phú", "chi nhánh Vinh"]),
    st.sampled_from(["{org}, mã số thuế {n}", "mã số thuế {n} của {org}", "MST {n} ({org})", "MST: {n} - {org}"]),
)
def test_the_tax_code_of_an_organisation_survives_and_a_persons_goes(number: int, organisation: str, form: str) -> None:
    text = form.format(n=f"{number:010d}", org=organisation)
    assert redact(text).text == text
    person = form.format(n=f"8{number:09d}", org="bà L., kinh doanh tại chợ")
    assert [f.kind for f in redact(person).found] == ["tax_code"], person


ODD = {
    "phone": (
        "gọi 0912\n345\n678", "Điện thoại:\n0912\n345 678 gặp chị", "SĐT 0912 345\n678 của chị", "Liên hệ\t0912\t345\t678", "gọi 0912 / 345 / 678", "gọi 0912|345|678",
        "gọi 0912*345*678", "gọi 0912~345~678", "Gọi 0912 ba bốn năm 678", "gọi ⓪⑨①②③④⑤⑥⑦⑧", "gọi ⁰⁹¹²³⁴⁵⁶⁷⁸", "gọi О912 345 678", "gọi 0912 З45 678", "gọi 912 345 678 nhé",
        "gọi 0912345678gặp Tâm", "giá rẻ 0912345678đ", "hotline 0912 345 678 gặp anh Tâm", "Đường dây nóng 0912 345 678, hỏi chị H. nhé", "Zalo: ٠٩١٢٣٤٥٦٧٨",
        "Số: o9i2345678", "cộng tám tư chín một hai ba bốn năm sáu bảy tám",
    ),
    "email": (
        "thư n.v.a (a) gmail (chấm) com", "thư nva_at_gmail.com", "thư nva a-còng gmail chấm com", "thư nva a vòng gmail chấm com", "thư nva{at}gmail{dot}com",
        "thư nva <at> gmail <dot> com", "thư nva@gmail,com", "thư nva@\ngmail.com", "thư nvа@gmаil.com",
    ),
    "id_number": ("CCCD 001/095/012345", "CCCD:\n012345678", "GPLX 790123456789", "giấy phép lái xe số 790123456789", "sổ hộ khẩu số 123456789"),
    "plate": ("BKS: 29A 123-45", "mang BKS 29 a 1 - 12345", "biển 29A/123.45", "biển 29A\n123.45", "biển số hai chín A một hai ba bốn năm", "biển xanh 80A - 123 45"),
    "bank_account": (
        "Vietcombank\nSố tài khoản\n0011004455667\nChủ TK: N.V.A", "STK:\n0011004455667", "ủng hộ qua 711A12345678", "thẻ 9704 3612 3456 7890", "thẻ 4111-1111-1111-1111",
        "tài khoản (VNĐ): \n 1234567890",
    ),
    "account_link": ("vào zalo . me/g/abcxyz", "facebook . com/nguoi.xem", "facebook[.]com/nguoixem", "hxxps://facebook.com/nguoixem", "telegram t . me / abcdef", "fаcebook.com/nguoixem"),
    "handle": ("IG: hoa.sen_88", "line id: abc_123", "skype: live:.cid.abc123", "fb: Hoa Sen Trắng"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_forms_written_so_that_nobody_copies_them(kind: str) -> None:
    for text in ODD[kind]:
        result = redact(text)
        assert kind in {found.kind for found in result.found}, (text, result.text)
        assert not re.search(r"\d{3}|abc|sen_88|nguoi|nv|n\.v|Trắng", result.text.replace("N.V.A", "")), (text, result.text)


@pytest.mark.parametrize(
    "text",
    [
        "Năm\n2023\n2024\n05\n1234\n5678", "STT\n01\n120\n3450\n02\n340\n5600\n03\n12 345\n678", "Xổ số: 03, 12, 34, 56, 78", "05 12.345.678 đồng", "Số vốn\n912.345.678 đồng",
        "Chi qua tài khoản\n12.345.678.000 đồng", "gọi 912 345 678 đồng tiền vốn", "gọi vốn 300 000 000", "Liên hệ: 3825 1234", "Sở Y tế 024 3825 1234",
        "Đường dây nóng 0967 851 616 (gặp trực ban)", "hotline 0967 851 616 của Sở", "tỷ lệ 033/044/055", "Số 012/345/678", "5 km² và 300 m²", "E = mc², 10⁻³", "Gói thầu số 0123 456 789",
        "cách bờ biển 12 m 3500 người tắm", "Facebook: Sở Y tế tỉnh", "Biển số 5 năm 2023", "điểm (a) khoản 2 Điều 5", "Kết quả: 0 hai ba trận thắng, 3 trận thua", "bằng lái 12 năm",
        "từ 0 đến 100, ba bốn năm sáu bảy tám lần", "Công văn 4111/2020/1111", "tọa độ trạm bơm 10.762622, 106.660172", "Москва, 03.03.2020",
    ],
)  # fmt: skip
def test_what_looks_much_the_same_survives(text: str) -> None:
    assert redact(text).text == text
