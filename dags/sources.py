"""## sources: the week's report on sources

**What.** Finds the sources that want a person (dead, moved to another host, not as their files assert, thin, reviews coming due) and
mails the list to everyone subscribed to news of sources, in their language. A week's report is written once, however often this runs.

**How often.** Mondays at 07:00, Asia/Ho_Chi_Minh.

**What failure looks like.** Red *write*: the database was away. Red *send*: the mail server was; the report waits in the outbox and the
alerts DAG sends it.

**What to do.** As for *alerts*. `langnghe sources report` prints the same list at any time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronTriggerTimetable, dag, task


@dag(
    # the first run is the next one due: Airflow would else make up for one missed before the installation
    schedule=CronTriggerTimetable("0 7 * * 1", timezone="Asia/Ho_Chi_Minh", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["langnghe"],
)
def sources() -> None:
    @task(retries=2, retry_delay=timedelta(seconds=10))
    def write() -> int:
        from processing.db import connect
        from processing.stack.crawling import weekly_report

        with connect() as conn:
            return weekly_report(conn, datetime.now(UTC))

    @task
    def send() -> str:
        from processing.alerts import sender
        from processing.db import connect

        with connect() as conn:
            return str(sender.run(conn, datetime.now(UTC)))

    write() >> send()


sources()
