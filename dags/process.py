"""## process: from raw pages to flags

**What.** Runs every stage once until its queue is empty: extract (and scrub), annotate, dedupe, cluster, hotspots, claims. Each batch
is one transaction; a record that cannot be finished is retried later or set aside with a reason, and costs only itself.

**How often.** After each crawl.

**What failure looks like.** A red stage had a fault that was not one record's: the database was away, the disk full, a model missing.
The other stages still run on what is there, and mails still go out; *watch* then turns the run red, so that it cannot be overlooked.
Table `run` keeps the message; view `processing_lag` shows what waits and what was set aside.

**What to do.** Read the stage's log; `langnghe doctor` finds most causes. Nothing is lost: the next run goes on where this one stopped,
also after a `kill -9`. Records set aside are listed in view `quarantined`.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from airflow.sdk import Asset, dag, task

from processing.pipeline import STAGES

PROCESSED = Asset("langnghe://processed")


@dag(schedule=[Asset("langnghe://landed")], catchup=False, max_active_runs=1, doc_md=__doc__, tags=["langnghe"])
def process() -> None:
    def stage(name: str, run_id: str | None = None) -> str:
        from processing.pipeline import drain

        return str(drain(name, dag_run=f"process {run_id}"))

    @task(trigger_rule="all_done", outlets=[PROCESSED])
    def processed() -> None:
        """Tell the alerts DAG, whatever came of the stages."""

    @task(trigger_rule="one_failed")
    def watch() -> None:
        raise RuntimeError("a stage failed: see the red task of this run")

    run = task(trigger_rule="all_done", retries=2, retry_delay=timedelta(seconds=10))(stage)
    tasks = [run.override(task_id=name)(name) for name in STAGES]
    for before, after in pairwise(tasks):
        before >> after
    tasks[-1] >> processed()
    tasks >> watch()


process()
