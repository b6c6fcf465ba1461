"""Rule S10: "No enforcement. An issue can be sent to the service that can fix it and answered in public. There is no takedown,
referral-for-punishment or account-report state, field or template. Recipient kinds are a closed list (health, education, water, power,
roads, environment, land office, social welfare, market control, agriculture, one-stop shop, fire and rescue, disaster relief,
communications office …): no police, security, prosecution or court; webhooks only to allow-listed hosts."

Proof here: issues go to the service that can fix them; there is no enforcement anywhere, not even as a choice.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import psycopg
import pytest

from processing.alerts.compose import FOLDER
from processing.alerts.content import WRITERS
from processing.db import Connection
from processing.i18n import catalogue
from processing.reference import SERVICE_KINDS
from review.decisions import STATES

ROOT = Path(__file__).resolve().parents[2]
ENFORCERS = re.compile(
    r"polic|security|prosecut|court|tribunal|sheriff|takedown|take_down|account_report|punish|sanction|công an|an ninh|viện kiểm sát|tòa án|toà án|"
    r"quân đội|xử phạt|gỡ bài|báo cáo tài khoản",
    re.IGNORECASE,
)


def test_recipient_kinds_are_the_same_closed_list_in_file_code_and_database(db: Connection) -> None:
    services = tomllib.loads((ROOT / "config" / "services.toml").read_text(encoding="utf-8"))
    assert {s["kind"] for s in services.values()} == set(SERVICE_KINDS)
    row = db.execute("SELECT pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE conname = 'service_kind_check'").fetchone()
    assert row is not None
    assert set(re.findall(r"'([a-z_]+)'", row["rule"])) == set(SERVICE_KINDS)
    for service in services.values():
        assert set(service) == {"kind", "name_vi", "name_en", "email"}
        assert not ENFORCERS.search(f"{service['kind']} {service['name_vi']} {service['name_en']}")


@pytest.mark.parametrize("kind", ["police", "security", "prosecution", "court", "other", ""])
def test_another_kind_of_recipient_is_refused_by_the_database(db: Connection, kind: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute("INSERT INTO service (key, kind, name_vi, name_en) VALUES ('x', %s, 'x', 'x')", [kind])


def test_no_state_decision_or_mail_is_an_enforcement(db: Connection) -> None:
    rules = db.execute(
        """SELECT conname, pg_get_constraintdef(oid) AS rule FROM pg_constraint
           WHERE conrelid::regclass::text IN ('issue', 'review_decision', 'outbox', 'subscription', 'flag', 'claim', 'match') AND contype = 'c'"""
    ).fetchall()
    assert len(rules) >= 6
    for rule in rules:
        assert not ENFORCERS.search(rule["rule"]), rule["conname"]
    for words in (*STATES, *STATES.values(), *WRITERS):
        assert not ENFORCERS.search(words)


def test_mails_offer_no_enforcement() -> None:
    for message, text in catalogue("vi", FOLDER).messages.items():
        assert not ENFORCERS.search(message) and not ENFORCERS.search(text)
    for template in (FOLDER / "templates").iterdir():
        assert not ENFORCERS.search(template.read_text(encoding="utf-8"))
