"""`make demo`: runs everything on recorded feeds, with a real broker and engine, and prints the alerts."""

import os
import shutil
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy import logs
from deploy.alerts.terminal import show_alert
from deploy.config import load_settings
from deploy.demo.ending import last_lines
from deploy.demo.server import DemoServer
from deploy.errors import exit_code, told_in_a_line
from deploy.metrics.tally import Tally
from deploy.supervise.run import run_everything
from schemas.alert import Alert
from schemas.settings import Settings

DATA = Path("data/demo")
#: Seconds without new records after which an edition of the site counts as done.
QUIET = 2.0


def demo_settings(data: Path) -> Settings:
    """The default settings, but with a poll every second, access to loopback, short timeouts, and no page."""
    connectors = {
        "interval": 1,
        "min_interval": 1,
        "adaptive": False,
        "read_timeout": 3,
        "total_timeout": 4,
        "allow_networks": ["127.0.0.0/8"],
    }
    return load_settings(overrides={"data": data, "connectors": connectors, "page.port": 0})


def play(data: Path, console: Console) -> Tally:
    """Run everything while serving the two editions of the site one after the other.

    Each alert is printed and written to `alerts.jsonl` as it comes. Deletes `data` first.
    """
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    with DemoServer() as server, (data / "alerts.jsonl").open("w", encoding="utf-8") as file:

        def on_alert(alert: Alert) -> None:
            show_alert(alert, console)
            file.write(alert.model_dump_json(exclude_none=True) + "\n")
            file.flush()

        def second_edition() -> None:
            console.print("The outlets publish again: an edit, a mended typo, new articles.\n", style="dim")
            server.advance()

        return run_everything(demo_settings(data), server.feeds, QUIET, [second_edition], on_alert)


def main() -> int:
    logs.configure("info" if "-v" in sys.argv else "warning")
    console = Console(width=None if sys.stdout.isatty() else 110)
    console.print("Starting Kafka, Flink and the feeds of eleven outlets on this machine …\n", style="dim")
    started = time.monotonic()
    try:
        tally = play(DATA, console)
    except Exception as error:
        code = exit_code(error)
        if code is None:
            raise
        console.print(f"The demo could not run: {told_in_a_line(error)}", style="bold red")
        return code
    table = Table(title="What the run did", title_justify="left", show_header=False)
    for name, figure in tally.lines():
        table.add_row(name, figure)
    console.print(table)
    console.print(f"{len(tally.alerts)} alerts in {DATA / 'alerts.jsonl'}, {time.monotonic() - started:.0f} s in all")
    program = os.path.relpath(Path(sys.executable).parent / "borderwire")
    for line in last_lines(tally.outcomes.values(), DATA, program):
        console.print(line, soft_wrap=True, highlight=False)
    return 0 if tally.complete() and tally.alerts else 1


if __name__ == "__main__":
    sys.exit(main())
