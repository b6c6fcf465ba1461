"""`langnghe serve`: an operator's installation; and `langnghe run`, the demo, under the name the command line knows."""

from __future__ import annotations

from processing.errors import LangNgheError
from processing.settings import Settings, get_settings
from processing.stack.airflow_env import secrets_of
from processing.stack.base import APP, LANGNGHE, OWNER, Stack, Stopped, raise_on_signals, say_error, tool
from processing.stack.demo_run import run_demo
from processing.stack.steps import Steps

__all__ = ["run_demo", "run_serve"]


def run_serve() -> int:
    """Serve until SIGINT or SIGTERM. Returns the exit status: 0 after a stop, 1 when a part could not be started."""
    settings = get_settings()
    steps = Steps()
    stack = Stack(settings.home, steps)
    raise_on_signals()
    try:
        _start(stack, settings)
        stack.watching = True
        steps.console.print("\nRunning; Ctrl-C stops everything.")
        while True:
            stack.children.pause(0.5)
    except Stopped:
        steps.console.print("\nStopping …")
        return 0
    except LangNgheError as error:
        say_error(steps.console, error)
        return 1
    finally:
        stack.stop()


def _start(stack: Stack, settings: Settings) -> None:
    steps = stack.steps
    stack.hold()
    with steps.step("PostgreSQL" if not settings.dsn else "PostgreSQL (Airflow's own records)"):
        stack.start_postgres()
        if not settings.dsn:
            stack.setting("dsn", stack.app_dsn(APP))
            stack.setting("migration_dsn", stack.app_dsn(OWNER))
    airflow_port = stack.prepare_airflow(fast=False)
    if settings.session_secret.get_secret_value():
        stack.setting("session_secret", settings.session_secret.get_secret_value())
    with steps.step("migrations and reference data"):
        airflow = stack.children.begin("airflow-db", [tool("airflow"), "db", "migrate"])
        stack.children.run("migrate", [*LANGNGHE, "db", "migrate"])
        stack.children.run("sources", [*LANGNGHE, "sources", "sync"])
        stack.children.finish(airflow)
    with steps.step("Airflow and the review page"):
        stack.start_airflow(airflow_port)
        review_port = stack.start_review(settings.public_url)
        stack.children.wait_ready("api-server", "review")
        stack.start_scheduler()
    password = secrets_of(stack.home)["password"]
    steps.console.print(f"\n  review page  http://127.0.0.1:{review_port}   (add people with `langnghe user add`)")
    steps.console.print(f"  Airflow      http://127.0.0.1:{airflow_port}   admin / {password}")
    if not settings.smtp_host:
        steps.note("LANGNGHE_SMTP_HOST is empty: mails wait in the outbox")
