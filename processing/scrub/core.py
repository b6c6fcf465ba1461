"""`redact`: personal data out of a text, by pattern (SCOPE S3). Figures, dates, document numbers, office phones and hotlines stay.

Pure and quick (every text that is stored goes through it). Names of people are no pattern and are not looked for: the system keeps no list of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from processing.scrub import accounts, addresses, numbers, odd
from processing.scrub.normal import plain
from processing.text import clean

REPLACEMENTS = {
    "phone": "[số điện thoại]",
    "id_number": "[số giấy tờ]",
    "passport": "[số hộ chiếu]",
    "social_insurance": "[số bảo hiểm]",
    "tax_code": "[mã số thuế]",
    "bank_account": "[số tài khoản]",
    "email": "[thư điện tử]",
    "plate": "[biển số xe]",
    "address": "[địa chỉ]",
    "account_link": "[liên kết tài khoản]",
    "handle": "[tên tài khoản]",
}
# which finding stays where two overlap: the first listed
_ORDER = {kind: i for i, kind in enumerate(("email", "account_link", "handle", "social_insurance", "passport", "plate", "id_number",
                                            "bank_account", "tax_code", "phone", "address"))}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """One finding. `start` and `end` index the text as given to `redact`."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Redacted:
    """The text with every finding replaced by what it was, such as `[số điện thoại]`."""

    text: str
    found: list[Found]


def redact(text: str) -> Redacted:
    """Replace personal data in `text`. Idempotent: its own replacements are never findings."""
    if not text:
        return Redacted(text, [])
    flat, back = plain(text)
    spans = _resolve([*accounts.find(flat), *numbers.find(flat), *odd.find(flat), *addresses.find(flat)])
    found = [Found(kind, start if back is None else back[start], end if back is None else back[end]) for kind, start, end in spans]
    out: list[str] = []
    at = 0
    for item in found:
        out += (text[at : item.start], REPLACEMENTS[item.kind])
        at = item.end
    out.append(text[at:])
    return Redacted("".join(out), found)


def words(typed: str) -> str:
    """What somebody typed into a field (a reason, an answer), as it is kept: clean, scrubbed, without space around it."""
    return redact(clean(typed)).text.strip()


def _resolve(spans: list[numbers.Span]) -> list[numbers.Span]:
    """Non-overlapping spans in text order; of two that overlap the surer kind stays, then the longer."""
    kept: list[numbers.Span] = []
    for span in sorted(set(spans), key=lambda s: (_ORDER[s[0]], s[1] - s[2], s[1])):
        if all(span[2] <= other[1] or span[1] >= other[2] for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda s: s[1])
