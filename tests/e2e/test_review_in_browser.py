"""A reviewer confirms a match in the browser; only then is the published answer mailed (SCOPE S11)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from processing.db import connect
from processing.settings import ROOT
from processing.stack import ports
from processing.stack.procs import wait_until
from tests.e2e.cycle import PASSWORD, Cycle
from tests.loopback import free_port

CHROMIUM = Path("/usr/bin/chromium")
RUMOUR = "ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa"
CHECK = "Trung tâm Kiểm chứng Duyên Hải"


@contextmanager
def review_page() -> Iterator[str]:
    """The review page as the stack starts it, on a free port. Yields its address."""
    port = free_port(18900)
    command = [sys.executable, "-m", "uvicorn", "review.app:app", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    with subprocess.Popen(command, cwd=ROOT, env=dict(os.environ)) as server:
        try:
            assert wait_until(lambda: ports.answers(port), 60)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(15)


@pytest.mark.browser
def test_a_confirmed_match_is_mailed(cycle: Cycle) -> None:
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    cycle.live_day_at_once(datetime.now(UTC))
    cycle.send()
    assert not answers(cycle), "a match was mailed before anybody confirmed it"
    with review_page() as address, sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(locale="vi-VN")
        page.goto(f"{address}/claims")
        page.fill("input[name=login]", "officer")
        page.fill("input[name=password]", PASSWORD)
        page.click("form.sign-in button")
        page.wait_for_selector("table")
        page.locator("td a", has_text=RUMOUR).first.press("Enter")  # the middle of a link of two lines lies between them, where a click finds nothing
        page.wait_for_selector("section.card")
        assert CHECK in page.inner_text("main"), page.inner_text("main")
        card = page.locator("section.card", has_text=CHECK)
        assert "Không có căn cứ" in card.inner_text()
        card.locator("textarea[name=reason]").fill("Cùng một nội dung: quỹ, phường, ngày")
        card.locator("button[value=confirm]").click()
        page.wait_for_load_state()
        assert page.locator("section.card button[value=confirm]").count() == 0
        browser.close()
    with connect() as conn:
        states = [r["state"] for r in conn.execute("SELECT state FROM match WHERE state <> 'suggested'")]
        decisions = conn.execute("SELECT u.login, r.decision FROM review_decision r JOIN app_user u ON u.id = r.user_id").fetchall()
    assert states == ["confirmed"]
    assert [(d["login"], d["decision"]) for d in decisions] == [("officer", "confirm")]
    cycle.send()
    mails = answers(cycle)
    assert len(mails) == 1 and "officer@board.example" in mails[0]["To"]
    text = mails[0].get_body(("plain",)).get_content()
    assert "Ba quỹ tín dụng ở phường Trinh Giang sẽ đóng cửa" in text and CHECK in text and "Không có căn cứ" in text


def answers(cycle: Cycle) -> list[object]:
    """Mails in the sink that bring a published answer."""
    with connect() as conn:
        recipients = [r["n"] for r in conn.execute("SELECT count(*) AS n FROM outbox WHERE kind = 'claim_answer' AND state = 'sent'")]
    mails = [BytesParser(policy=policy.default).parsebytes(path.read_bytes()) for path in sorted(cycle.mails.glob("*.eml"))]
    found = [mail for mail in mails if CHECK in mail.get_body(("plain",)).get_content() and "Không có căn cứ" in mail.get_body(("plain",)).get_content()]
    assert sum(recipients) == len(found)
    return found
