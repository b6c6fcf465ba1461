"""Airflow's configuration as environment variables: nothing is written to an ``airflow.cfg``, nothing outside ``home``."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import psycopg
from cryptography.fernet import Fernet

from processing.settings import ROOT

DATABASE = "airflow"
ROLE = "airflow"


def sqlalchemy_url(dsn: str) -> str:
    """Turn a ``postgresql://`` URI into one that names psycopg 3, which serves SQLAlchemy's sync and async engines alike."""
    _, separator, rest = dsn.partition("://")
    if not separator:
        raise ValueError("a database address as a URI is needed, postgresql://…")
    return f"postgresql+psycopg://{rest}"


def secrets_of(home: Path) -> dict[str, str]:
    """Return the keys that Airflow's components share, made on the first start and kept in ``home/keys`` (mode 0600)."""
    path = home / "keys" / "airflow.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = {
            "fernet": Fernet.generate_key().decode(),
            "jwt": secrets.token_urlsafe(48),
            "session": secrets.token_urlsafe(48),
            "password": secrets.token_urlsafe(9),
        }
        path.touch(mode=0o600)
        path.write_text(json.dumps(made))
    found: dict[str, str] = json.loads(path.read_text())
    return found


def scheduler_silent_s(dsn: str) -> float:
    """Seconds since a scheduler last wrote its heartbeat; 0 where none ever did or the database does not answer now."""
    try:
        with psycopg.connect(dsn, connect_timeout=2) as conn:
            row = conn.execute("SELECT extract(epoch FROM now() - max(latest_heartbeat))::float8 FROM job WHERE job_type = 'SchedulerJob'").fetchone()
    except psycopg.Error:
        return 0.0
    return float(row[0]) if row and row[0] is not None else 0.0


def environment(home: Path, dsn: str, port: int, *, fast: bool) -> dict[str, str]:
    """Variables that every Airflow process needs.

    ``dsn`` is the metadata database as a URI, ``port`` the API server's on 127.0.0.1. ``fast`` shortens the loops that find
    and start work, for the demo, where people wait; an installation that runs for months is better served without.
    """
    keys = secrets_of(home)
    base = home / "airflow"
    base.mkdir(parents=True, exist_ok=True)
    passwords = base / "passwords.json"
    passwords.touch(mode=0o600)
    passwords.write_text(json.dumps({"admin": keys["password"]}))
    url = sqlalchemy_url(dsn)
    values = {
        "CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "CORE__PLUGINS_FOLDER": str(base / "plugins"),
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "6",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__MAX_CONSECUTIVE_FAILED_DAG_RUNS_PER_DAG": "0",
        "CORE__FERNET_KEY": keys["fernet"],
        "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "API__HOST": "127.0.0.1",  # the default is every address of the machine
        "API__PORT": str(port),
        "API__BASE_URL": f"http://127.0.0.1:{port}",
        "API__WORKERS": "1",
        "API__SECRET_KEY": keys["session"],
        "API_AUTH__JWT_SECRET": keys["jwt"],
        "DATABASE__SQL_ALCHEMY_CONN": url,
        "DATABASE__SQL_ALCHEMY_CONN_ASYNC": url,
        "LOGGING__BASE_LOG_FOLDER": str(base / "logs"),
        "LOGGING__LOGGING_LEVEL": "INFO",
        "LOGGING__COLORED_CONSOLE_LOG": "False",
        "SCHEDULER__CATCHUP_BY_DEFAULT": "False",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",  # a task whose process was killed is found and run again within a minute
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "10",
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600" if fast else "60",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "600" if fast else "60",
        "TRIGGERER__DEFAULT_CAPACITY": "1",
    }
    if fast:
        values |= {"SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3", "SCHEDULER__JOB_HEARTBEAT_SEC": "2"}
    return {"AIRFLOW_HOME": str(base)} | {f"AIRFLOW__{key}": value for key, value in values.items()}
