"""`make run`: the demo town. The real parts, with invented publishers on loopback and a mail server that delivers nowhere.

Each start begins with empty state, so that what comes out can be compared with what was written down beforehand. The supervisor
prepares the ground (database, sixty days of history, servers) and then only watches: crawls, stages and mails are the scheduler's.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime

from processing import people
from processing.db import connect
from processing.errors import LangNgheError
from processing.settings import ROOT, Settings, get_settings
from processing.stack import ports, rounds, summary
from processing.stack.airflow_env import secrets_of
from processing.stack.base import APP, LANGNGHE, OWNER, Stack, Stopped, raise_on_signals, say_error, tool
from processing.stack.demo.history import write_archive
from processing.stack.demo.render import render_config
from processing.stack.demo.town import CONTROL, DAY_VARIABLE, OUTLETS, live_day
from processing.stack.services import Service
from processing.stack.steps import Steps

ROUND_LIMIT_S = 420.0
TOWN_HOSTS = (CONTROL, *(outlet.address for outlet in OUTLETS))
PEOPLE = (("analyst", "vi"), ("officer", "en"), ("admin", "vi"))
"""Demo accounts: login and role are the same word; and the language of their mails."""


class CycleFailed(LangNgheError):
    """A stage of the demo failed, or what came out differs from what was expected."""


def run_demo(*, once: bool) -> int:
    """Run the demo until Ctrl-C, or with ``once`` until two rounds are over. Returns the exit status: 1 when anything failed."""
    steps = Steps()
    home = get_settings().home / "demo"
    raise_on_signals()
    stack = Stack(home, steps)
    try:
        stack.hold()
        demo = Demo(stack)
        demo.prepare()
        demo.cycle()
        problems = demo.judge()
        demo.show()
        for problem in problems:
            steps.console.print(f"[red]✗[/red] {problem}", highlight=False)
        if once:
            return 1 if problems else 0
        steps.console.print("\nRunning; Ctrl-C stops everything.")
        while True:
            stack.children.pause(0.5)
    except Stopped:
        steps.console.print("\nStopping …")
        return 0 if not once else 130
    except LangNgheError as error:
        say_error(steps.console, error)
        return 1
    finally:
        stack.stop()


class Demo:
    """The demo on a stack whose folder is held."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.steps = stack.steps
        self.mail_dir = stack.home / "mail"
        self.day = live_day()
        self.town_port = 0
        self.password = ""
        self.addresses: dict[str, str] = {}
        self.began = datetime.now(UTC)
        self.first_mail_s: float | None = None

    def prepare(self) -> None:
        """From empty state to the moment before the scheduler starts."""
        stack, steps = self.stack, self.steps
        self._clear()
        with steps.step("PostgreSQL"):
            stack.start_postgres()
        self._settings()
        airflow_port = stack.prepare_airflow(fast=True)
        airflow = stack.children.begin("airflow-db", [tool("airflow"), "db", "migrate"])
        with steps.step("demo town"):
            self._town()
        with steps.step("migrations, places, sources, people"):
            stack.children.run("migrate", [*LANGNGHE, "db", "migrate"])
            stack.children.run("sources", [*LANGNGHE, "sources", "sync"])
            self._people()
        with steps.step("mail sink and review page"):
            self._mail_sink()
            review_port = stack.start_review()
            stack.children.wait_ready("mail-sink", "review")
        with steps.step("Airflow's database"):
            stack.children.finish(airflow)
        stack.start_airflow(airflow_port)
        with steps.step("sixty days of history through every stage"):
            self._history()
        with steps.step("Airflow"):
            stack.children.wait_ready("api-server")
            self._dags_read()
        self.addresses |= {
            "review page": f"http://127.0.0.1:{review_port}",
            "Airflow": f"http://127.0.0.1:{airflow_port}",
            "database (psql)": stack.app_dsn("analyst"),
        }

    def cycle(self) -> None:
        """Two scheduled rounds: one with an outage, one with its back-fill; then the daily digest, asked for as an operator would."""
        self.began = datetime.now(UTC)
        self.stack.start_scheduler()
        self.stack.watching = True
        with self.steps.step("round 1: crawl, process, alerts"):
            self._round(1)
        with self.steps.step("round 2: crawl, process, alerts"):
            self._set_round(2)
            self._round(2)
        with self.steps.step("daily digest"):
            self._digest()

    def judge(self) -> list[str]:
        """Failed tasks and differences from the expected outcome, each in a line; empty when all is as it should be."""
        from processing.stack.demo.expected import compare
        from processing.stack.demo.sweep import traces

        os.environ[DAY_VARIABLE] = self.day.isoformat()  # the comparison may come after midnight
        found = [f"failed: {name}" for name in rounds.failures(self.stack.airflow_dsn(), self.began)]
        with connect(self.stack.app_dsn(OWNER)) as conn:
            found += [f"differs: {line}" for line in compare(conn, self.mail_dir)]
        found += [f"SCOPE S2, S3: {line}" for line in traces(self.stack.home, (self.stack.app_dsn(OWNER), self.stack.airflow_dsn()))]
        return found

    def show(self) -> None:
        """Print the summary."""
        if self.first_mail_s is not None:
            self.addresses["first mail after"] = f"{self.first_mail_s:.0f} s"
        password = secrets_of(self.stack.home)["password"]
        sign_in = [("the review page", login, self.password) for login, _ in PEOPLE] + [("Airflow", "admin", password)]
        with connect(self.stack.app_dsn(OWNER)) as conn:
            summary.show(self.steps.console, conn, self.addresses, sign_in, self.mail_dir)

    def _clear(self) -> None:
        """Empty the demo's folder, but for the lock that this process holds and the log of the last start."""
        keep = {"stack.lock", "groups.txt", "tmp", "user", "keys", "log"}
        for path in self.stack.home.iterdir():
            if path.name in keep:
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        for log in (self.stack.home / "log").glob("*.log"):
            log.unlink()

    def _settings(self) -> None:
        """Every setting, so that nothing of an operator's .env reaches the demo."""
        set_here = {"home", "session_secret", "config_dir"}
        for name, field in Settings.model_fields.items():
            default = field.get_default(call_default_factory=True)
            if name not in set_here and isinstance(default, str | int | float | list):
                self.stack.setting(name, json.dumps(default) if isinstance(default, list) else str(default))
        self.stack.setting("dsn", self.stack.app_dsn(APP))
        self.stack.setting("migration_dsn", self.stack.app_dsn(OWNER))
        self.stack.setting("guard_allow", '["127.0.0.0/8"]')
        self.stack.setting("min_delay_s", "0")
        self.stack.setting("crawl_schedule", "* * * * *")
        self.stack.setting("demo_day", self.day.isoformat())

    def _town(self) -> None:
        """Start the town's web sites, on one port of many loopback addresses, and write their source files, area and places."""
        self.town_port = self.stack.port(8811, "the demo town", *TOWN_HOSTS)
        folder = self.stack.home / "town"
        gazetteer = render_config(folder / "config", self.town_port)
        self.stack.setting("config_dir", str(folder / "config"))
        self.stack.setting("extra_gazetteer", str(gazetteer))
        command = [sys.executable, "-m", "processing.stack.demo.serve", "--port", str(self.town_port), "--state", str(folder)]
        ready = all_answer(self.town_port)
        self.stack.children.start(Service("town", [*command, "--day", self.day.isoformat()], ready=ready))
        self.stack.children.wait_ready("town")
        self.addresses["demo town"] = f"http://{OUTLETS[0].address}:{self.town_port}"

    def _people(self) -> None:
        """Accounts of the demo, with one password made for this run."""
        self.password = secrets.token_urlsafe(8)
        with connect(self.stack.app_dsn(APP)) as conn:
            for login, language in PEOPLE:
                people.add_user(conn, login, f"{login}@board.example", self.password, login, language)
            conn.commit()

    def _mail_sink(self) -> None:
        smtp = self.stack.port(8825, "the mail server")
        web = self.stack.port(8826, "the mails' page")
        command = [
            sys.executable,
            "-m",
            "processing.stack.mailsink",
            "--smtp",
            str(smtp),
            "--http",
            str(web),
            "--folder",
            str(self.mail_dir),
        ]
        self.stack.children.start(Service("mail-sink", command, ready=lambda: ports.answers(smtp) and ports.answers(web)))
        for name, value in {
            "smtp_host": "127.0.0.1",
            "smtp_port": str(smtp),
            "smtp_security": "none",
            "smtp_from": "lang-nghe@board.example",
        }.items():
            self.stack.setting(name, value)
        self.addresses["mails"] = f"http://127.0.0.1:{web}"

    def _history(self) -> None:
        archive = self.stack.home / "history.jsonl.gz"
        write_archive(archive, self.day, self.town_port)
        self.stack.children.run("history", [sys.executable, "-m", "processing.stack.backlog", str(archive)])

    def _dags_read(self) -> None:
        wanted = {path.stem for path in (ROOT / "dags").glob("*.py")} - {"__init__"}
        if not self.stack.wait(lambda: wanted <= rounds.dags_known(self.stack.airflow_dsn()), 60):
            errors = rounds.import_errors(self.stack.airflow_dsn())
            raise CycleFailed(
                "Airflow could not read the DAGs:\n" + "\n".join(errors), f"see {self.stack.children.log_dir}/dag-processor.log"
            )

    def _set_round(self, number: int) -> None:
        """Let the town go on, and make every feed due: between real polls ten minutes would pass."""
        urllib.request.urlopen(f"http://{CONTROL}:{self.town_port}/round/{number}", timeout=10).close()
        with connect(self.stack.app_dsn(OWNER)) as conn:
            conn.execute("UPDATE feed SET next_poll_at = now()")
            conn.commit()

    def _round(self, number: int) -> None:
        dsn = self.stack.airflow_dsn()
        this = rounds.Round(self.began if number == 1 else datetime.now(UTC))

        def over() -> bool:
            if self.first_mail_s is None and any(self.mail_dir.glob("*.eml")):
                self.first_mail_s = self.steps.elapsed
            return this.follow(dsn)

        if not self.stack.wait(over, ROUND_LIMIT_S):
            late = next(dag for dag, _ in rounds.CHAIN if dag not in this.ended)
            raise CycleFailed(
                f"round {number} was not over after {ROUND_LIMIT_S:.0f} s: {late} has not ended", f"see {self.addresses['Airflow']}"
            )
        if failed := rounds.failures(dsn, this.since):
            raise CycleFailed(f"round {number} failed in {', '.join(failed)}", f"see the tasks' logs at {self.addresses['Airflow']}")

    def _digest(self) -> None:
        since = datetime.now(UTC)
        self.stack.children.run("digest", [tool("airflow"), "dags", "trigger", "digest"])
        dsn = self.stack.airflow_dsn()
        if not self.stack.wait(lambda: rounds.state_of(dsn, "digest", since) in rounds.FINAL, 90):
            raise CycleFailed("the digest was not over after 90 s", f"see {self.addresses['Airflow']}")


def all_answer(port: int) -> Callable[[], bool]:
    """A check that every site of the town accepts connections."""
    return lambda: all(ports.answers(port, host) for host in TOWN_HOSTS)
