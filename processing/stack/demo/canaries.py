"""Unmistakable invented personal data, planted wherever a site or feed has room for it. None of it may be found after processing (SCOPE S2, S3).

No such person, account, number or vehicle exists: the family of names shares a syllable that no Vietnamese name has, numbers are of reserved or
impossible blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

NAMES = ("Nguyễn Thị Kanari Một", "Trần Văn Kanari Hai", "Lê Hoàng Kanari Ba", "Phạm Thu Kanari Bốn", "Đặng Kanari Năm")
HANDLES = ("kanari_mot_01", "kanari.hai.02", "kanaribaba03", "kanari_bon_04", "kanarinam05")
PHONES = ("0912 000 701", "0983.000.702", "+84 904 000 703")
EMAILS = ("kanari.mot@example.vn", "kanari.hai@example.com")
IDENTITY_NUMBERS = ("079299000701", "001399000702")
PLATES = ("51F-970.01", "29A1-970.02")
ACCOUNTS = ("Vietcombank 0071009700001", "BIDV 21510009700002")
ADDRESSES = ("số 9701/3 ngõ 29 đường Giếng Làng", "nhà số 9702 hẻm 8 đường Bờ Sông")
USER_PARAMETER = "kanari_param_06"


@dataclass(frozen=True)
class Persona:
    """One invented person as a by-line, comment or reporter."""

    name: str
    handle: str
    phone: str
    email: str


def persona(number: int) -> Persona:
    """The canary of a page number: the same page always bears the same one."""
    return Persona(NAMES[number % len(NAMES)], HANDLES[number % len(HANDLES)], PHONES[number % len(PHONES)], EMAILS[number % len(EMAILS)])


def needles() -> tuple[str, ...]:
    """What a sweep of a dump, logs, mails and exports searches for, as printed and with separators removed."""
    printed = NAMES + HANDLES + PHONES + EMAILS + IDENTITY_NUMBERS + PLATES + ACCOUNTS + ADDRESSES + (USER_PARAMETER, "Kanari", "kanari")
    digits = tuple("".join(c for c in text if c.isdigit()) for text in PHONES + IDENTITY_NUMBERS + tuple(a.split()[1] for a in ACCOUNTS))
    return tuple(dict.fromkeys(printed + digits))
