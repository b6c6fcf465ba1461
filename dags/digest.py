"""## digest: the daily summary

**What.** Writes one summary mail for each subscriber of the digest into the outbox and sends it: open hot-spots, claims that wait for
review, sources in trouble. A day's digest is written once, however often this runs.

**How often.** At 07:00, Asia/Ho_Chi_Minh.

**What failure looks like.** Red *write*: the database was away. Red *send*: the mail server was; the digest waits in the outbox and the
alerts DAG sends it.

**What to do.** As for *alerts*. To have today's digest now: `airflow dags trigger digest`, or the play button.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronTriggerTimetable, dag, task


@dag(
    # the first run is the next one due: Airflow would else make up for one missed before the installation
    schedule=CronTriggerTimetable("0 7 * * *", timezone="Asia/Ho_Chi_Minh", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["langnghe"],
)
def digest() -> None:
    @task(retries=2, retry_delay=timedelta(seconds=10))
    def write() -> str:
        from processing.alerts import digest
        from processing.db import connect

        with connect() as conn:
            return str(digest.run(conn, datetime.now(UTC)))

    @task
    def send() -> str:
        from processing.alerts import sender
        from processing.db import connect

        with connect() as conn:
            return str(sender.run(conn, datetime.now(UTC)))

    write() >> send()


digest()
