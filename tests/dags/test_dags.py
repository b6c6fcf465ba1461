"""The DAGs as Airflow reads them: they load, they are small, they explain themselves, and a failure shows."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for path in (ROOT / "dags").glob("*.py") if path.name != "__init__.py")
EXPECTED = {"crawl", "process", "alerts", "digest", "sources", "housekeeping", "learn"}

READ = """
import json, sys
from unittest import mock
import pendulum
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction
bag = DagBag(sys.argv[1])
installed = pendulum.datetime(2026, 11, 23, 7, 10, tz="Asia/Ho_Chi_Minh")
def first_run(dag):
    with mock.patch("airflow.timetables.trigger.utcnow", lambda: installed.in_timezone("UTC")):
        info = DagSerialization.from_dict(DagSerialization.to_dict(dag)).timetable.next_dagrun_info(last_automated_data_interval=None, restriction=TimeRestriction(None, None, False))
    return info.run_after.in_timezone("Asia/Ho_Chi_Minh").isoformat() if info else ""
print(json.dumps({"errors": bag.import_errors, "dags": {dag.dag_id: {
    "doc": dag.doc_md or "", "catchup": dag.catchup, "active": dag.max_active_runs, "schedule": type(dag.timetable).__name__, "first_run": first_run(dag),
    "tasks": {task.task_id: {"rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)), "down": sorted(task.downstream_task_ids),
              "outlets": [outlet.uri for outlet in task.outlets], "retries": task.retries} for task in dag.tasks},
} for dag in bag.dags.values()}}))
"""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Airflow reads, in a process of its own: it configures logging and a database for its whole process."""
    home = tmp_path_factory.mktemp("airflow")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LANGNGHE_", "AIRFLOW"))}
    environment |= {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "LANGNGHE_HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", READ, str(ROOT / "dags")],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def test_airflow_reads_exactly_the_listed_dags(read: dict[str, Any]) -> None:
    assert read["errors"] == {}
    assert set(read["dags"]) == EXPECTED == {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_dag_file_is_wiring(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 60
    roots = {
        (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else node.names[0].name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert roots <= {"__future__", "datetime", "itertools", "typing", "airflow", "crawlers", "processing"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_docstring_is_the_operators_page(path: Path, read: dict[str, Any]) -> None:
    page = ast.get_docstring(ast.parse(path.read_text())) or ""
    for heading in ("**What.**", "**How often.**", "**What failure looks like.**", "**What to do.**"):
        assert heading in page
    assert ast.get_docstring(ast.parse(path.read_text()), clean=False) == read["dags"][path.stem]["doc"]


def test_one_run_at_a_time_and_no_catching_up(read: dict[str, Any]) -> None:
    for dag in read["dags"].values():
        assert dag["active"] == 1
        assert dag["catchup"] is False


def test_the_first_of_a_daily_or_weekly_run_is_the_next_one_due(read: dict[str, Any]) -> None:
    """Installed on a Monday at 07:10: nobody is told about the week before, and no digest comes before its time."""
    first = {name: read["dags"][name]["first_run"] for name in ("digest", "sources", "housekeeping", "learn")}
    assert first == {
        "digest": "2026-11-24T07:00:00+07:00", "sources": "2026-11-30T07:00:00+07:00",
        "housekeeping": "2026-11-24T02:30:00+07:00", "learn": "2026-11-24T03:15:00+07:00",
    }  # fmt: skip


def test_stages_run_in_order_and_a_failed_one_stops_neither_the_others_nor_the_mails(read: dict[str, Any]) -> None:
    from processing.pipeline import STAGES

    tasks = read["dags"]["process"]["tasks"]
    assert set(tasks) == {*STAGES, "processed", "watch"}
    for before, after in pairwise(STAGES):
        assert after in tasks[before]["down"]
    assert all(tasks[stage]["rule"] == "all_done" and tasks[stage]["retries"] >= 1 for stage in STAGES)
    assert tasks["processed"]["rule"] == "all_done"
    assert tasks["processed"]["outlets"] == ["langnghe://processed/"]


def test_a_failed_stage_turns_the_run_red(read: dict[str, Any]) -> None:
    from processing.pipeline import STAGES

    tasks = read["dags"]["process"]["tasks"]
    assert tasks["watch"]["rule"] == "one_failed"
    assert tasks["watch"]["down"] == []
    assert all("watch" in tasks[stage]["down"] for stage in STAGES)


def test_a_crawl_that_fails_still_lets_processing_run(read: dict[str, Any]) -> None:
    tasks = read["dags"]["crawl"]["tasks"]
    assert tasks["landed"]["rule"] == "all_done"
    assert tasks["landed"]["outlets"] == ["langnghe://landed/"]
    assert tasks["judge"]["outlets"] == []
    assert "judge" in tasks["fetch"]["down"]


def test_no_room_but_dags_and_stack_imports_airflow() -> None:
    for room in ("crawlers", "processing", "review"):
        for path in (ROOT / room).rglob("*.py"):
            if path.is_relative_to(ROOT / "processing" / "stack") or path.name == "airflow_plugin.py":
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                names = (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else []
                )
                assert not any(name.split(".")[0] == "airflow" for name in names), f"{path} imports Airflow"
