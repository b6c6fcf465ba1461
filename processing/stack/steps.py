"""What people see while a stack installs, starts and runs: one line per step with its time, and a spinner where a terminal has one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

LOG_WIDTH = 160


class Steps:
    """Prints steps to ``console``; times are seconds, of the step and since this object was made."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        if not self.console.is_terminal:
            self.console.width = LOG_WIDTH
        self.began = time.monotonic()
        self.taken: list[tuple[str, float]] = []

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show ``title`` as running, then as done with its time, or as failed; the error goes on."""
        began = time.monotonic()
        try:
            if self.console.is_terminal:
                with self.console.status(f"{title} …"):
                    yield
            else:
                yield
        except BaseException:
            self._line("[red]✗[/red]", title, time.monotonic() - began)
            raise
        taken = time.monotonic() - began
        self.taken.append((title, taken))
        self._line("[green]✓[/green]", title, taken)

    def note(self, text: str) -> None:
        """One line between steps, such as a child that was started again."""
        self.console.print(f"  · {text}", markup=False)

    def _line(self, mark: str, title: str, seconds: float) -> None:
        self.console.print(f"  {mark} {title:<52} {seconds:6.1f} s   [dim]at {self.elapsed:5.0f} s[/dim]")
