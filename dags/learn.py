"""## learn: what reviewers decided teaches the match tier

**What.** Trains the model behind *confirmable* and *suggested* on the written pairs and on every match that a named person decided. The new
model is used only if it is better than the one in use on the frozen test pairs; either way it is kept, with its figures and the reason, in
table `match_model`. Fewer than twenty decisions, or none since the last model, teach nothing.

**How often.** At 03:15, Asia/Ho_Chi_Minh.

**What failure looks like.** Red *train*: the database was away, or a library is missing. The model in use stays in use.

**What to do.** `langnghe claims learn` does the same at once and prints the outcome. To go back to an earlier model, see *Models* in
docs/operations.md. Running it again is safe: without new decisions nothing happens.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronTriggerTimetable, dag, task


@dag(
    # the first run is the next one due: Airflow would else make up for one missed before the installation
    schedule=CronTriggerTimetable("15 3 * * *", timezone="Asia/Ho_Chi_Minh", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["langnghe"],
)
def learn() -> None:
    @task(retries=2, retry_delay=timedelta(minutes=5))
    def train() -> str:
        from processing.claims.learn import night
        from processing.db import connect

        with connect() as conn:
            return night(conn, datetime.now(UTC))

    train()


learn()
