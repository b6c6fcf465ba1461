"""## housekeeping: delete what is past its time, make the months ahead

**What.** Raw pages before they are 7 days old, article texts after 180 days, aggregates after 3 years, sealed audit months after 2 years; makes the
monthly partitions of the next two months.

**How often.** At 02:30, Asia/Ho_Chi_Minh. (Airflow's own records are cleaned by the supervisor: a task cannot touch that database.)

**What failure looks like.** Red *keep*: the database was away or a long transaction held a table. A red run for more than a day means
that texts are kept longer than promised.

**What to do.** Run it again; nothing is deleted twice and nothing early.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronTriggerTimetable, dag, task


@dag(
    # the first run is the next one due: Airflow would else make up for one missed before the installation
    schedule=CronTriggerTimetable("30 2 * * *", timezone="Asia/Ho_Chi_Minh", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["langnghe"],
)
def housekeeping() -> None:
    @task(retries=3, retry_delay=timedelta(minutes=5))
    def keep() -> str:
        from processing.db import connect
        from processing.db.retention import housekeeping

        with connect() as conn:
            return "\n".join(housekeeping(conn, datetime.now(UTC)))

    keep()


housekeeping()
