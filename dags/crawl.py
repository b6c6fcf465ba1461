"""## crawl: read what the sources published

**What.** Finds the sources whose next poll is due, spreads them over four slots (sources that share a host share a slot) and crawls
those of a slot side by side in one process. Raw pages go to the landing area, encrypted; nothing is parsed here.

**How often.** `LANGNGHE_CRAWL_SCHEDULE` (cron, UTC); a source is skipped while its own interval, ten minutes to a day, has not passed.

**What failure looks like.** *judge* is red when more than half of the sources failed: then it is this machine's network, its clock or
its disk. A single dead site does not turn anything red here; it is shown on the review page, its state changes and a source alert is
mailed. *processing* is told in any case, so what did land goes on.

**What to do.** Open the log of *fetch*, look for the first failed source, and try it with `langnghe sources test KEY`. When the
machine is at fault, `langnghe doctor` names the cure. Running the DAG again is always safe.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, CronTriggerTimetable, dag, task

from processing.settings import get_settings

SCHEDULE = CronTriggerTimetable(get_settings().crawl_schedule, timezone="UTC", run_immediately=True)


@dag(schedule=SCHEDULE, catchup=False, max_active_runs=1, max_active_tasks=3, doc_md=__doc__, tags=["langnghe"])
def crawl() -> None:
    @task(retries=2, retry_delay=timedelta(seconds=10))
    def due() -> list[list[str]]:
        from processing.db import check_clock, connect
        from processing.stack.crawling import due_sources, groups_of

        with connect() as conn:
            check_clock(conn)
            return groups_of(due_sources(conn, datetime.now(UTC)))

    @task(retries=1, retry_delay=timedelta(seconds=10))
    def fetch(keys: list[str]) -> list[dict[str, Any]]:
        from processing.stack.crawling import crawl

        return crawl(keys)

    @task(trigger_rule="none_failed")
    def judge(results: list[list[dict[str, Any]]]) -> str:
        from processing.stack.crawling import judge

        return judge([result for group in results for result in group])

    @task(trigger_rule="all_done", outlets=[Asset("langnghe://landed")])
    def landed() -> None:
        """Tell the process DAG, whatever came of the crawl."""

    results = fetch.expand(keys=due())
    judge(results)  # type: ignore[arg-type]
    results >> landed()


crawl()
