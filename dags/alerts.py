"""## alerts: send what waits in the outbox

**What.** Sends the mails that are due: hot-spots, source alerts, confirmed answers, corrections. Each mail was decided, and written to
the outbox, in the transaction that made its cause; here it is only delivered, and each attempt is kept in the ledger (`delivery`).

**How often.** After each processing run, and every five minutes (every minute in the demo) for what reviewers decided meanwhile.

**What failure looks like.** A refused or unreachable mail server turns *send* red; the mails wait in the outbox and are tried again,
later each time. A mail that one recipient's server refuses for good is set aside with the server's own words.

**What to do.** `langnghe doctor` logs in to the mail server and shows its answer. Look at `outbox.reason` and at `delivery.smtp_reply`.
Running the DAG again is safe: a mail that may have gone out already carries the same Message-ID.
"""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, dag, task

from processing.settings import get_settings

EVERY = "* * * * *" if get_settings().guard_allow else "*/5 * * * *"  # only the demo lets loopback through the guard


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable(EVERY, timezone="UTC"), assets=[Asset("langnghe://processed")]),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["langnghe"],
)
def alerts() -> None:
    @task
    def send() -> str:
        from processing.alerts import sender
        from processing.db import connect

        with connect() as conn:
            return str(sender.run(conn, datetime.now(UTC)))

    send()


alerts()
