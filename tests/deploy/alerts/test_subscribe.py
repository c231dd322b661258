"""`borderwire subscribe` without a broker: filters, times, alerts on the screen, what is refused."""

import io
import subprocess
import sys

import pytest
from rich.console import Console

from deploy.alerts.terminal import show_alert
from deploy.cli.alert_commands import known, moment
from deploy.cli.common import Refused
from deploy.cli.parser import main
from deploy.machine.data_directory import lock
from schemas.delivery import Filter
from tests.support.alerts import alert
from tests.support.subscribed import FOUR


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, [1, 2, 3, 4]),
        ({"topics": ["alerts.merida"]}, [1, 2, 3]),
        ({"topics": ["arms-trafficking"]}, [4]),
        ({"speakers": ["lopez obrador"]}, [1]),
        ({"speakers": ["Ruiz", "OBRADOR"]}, [1, 2, 4]),
        ({"speakers": ["Obra"]}, []),
        ({"languages": ["es"]}, [1]),
        ({"outlets": ["potomac"]}, [2]),
        ({"kinds": ["new"], "languages": ["en"]}, [2, 3]),
    ],
)
def test_a_filter_takes_what_fits_in_every_field(wanted, numbers):
    assert [int(a.id[1:]) for a in FOUR if Filter(**wanted).takes(a)] == numbers


def test_times_are_ages_dates_or_times():
    assert moment("2026-11-24").isoformat() == "2026-11-24T00:00:00+00:00"
    assert moment("2026-11-24T08:00-06:00").utcoffset().total_seconds() == -6 * 3600
    assert 7190 < moment("1h").timestamp() - moment("3h").timestamp() < 7210
    with pytest.raises(Refused, match="write 2h"):
        moment("yesterday")


def test_a_person_reads_speaker_statement_outlet_age_and_link():
    screen = io.StringIO()
    show_alert(alert(outlet="El Mirador", title="Helicópteros"), Console(file=screen, width=100))
    for part in (
        "merida",
        "Ana Ruiz, foreign minister",
        "cost us 1 helicopters",
        "El Mirador · Helicópteros",
        " ago, alerted 2.0 s",
        "https://example.org/1",
        "alert s1",
        "said:",
    ):
        assert part in screen.getvalue()


def test_text_from_a_page_does_not_command_the_terminal():
    nasty = "\x1b]0;owned\x07 \x1b[2J\u202egnp.exe [bold]x[/bold]"
    screen = io.StringIO()
    one = alert(text=nasty, speaker=nasty, title=nasty, outlet=nasty, url=f"https://example.org/{nasty}")
    show_alert(one, Console(file=screen, force_terminal=False, width=200))
    assert not set("\x1b\x07\u202e") & set(screen.getvalue())
    assert "[bold]x[/bold]" in screen.getvalue()


def test_an_unknown_topic_is_refused_with_those_that_alert():
    assert known(["alerts.merida", "arms-trafficking"], ("merida", "arms-trafficking")) == [
        "merida",
        "arms-trafficking",
    ]
    with pytest.raises(Refused, match="no topic 'weather' raises alerts: write one of arms-trafficking, merida"):
        known(["weather"], ("merida", "arms-trafficking"))


@pytest.mark.parametrize(("option", "right"), [("--language", "'en' or 'es'"), ("--kind", "'new', 'corroborated'")])
def test_an_unknown_language_or_kind_is_refused_with_those_there_are(option, right, capsys):
    assert main(["subscribe", option, "klingon"]) == 2
    assert f"'klingon' is not valid: it must be one of {right}" in capsys.readouterr().err


def test_a_reader_that_has_enough_ends_the_command_silently(tmp_path):
    text = tmp_path / "texts.jsonl"
    text.write_text('{"id": "a", "text": "“We agree,” the minister said."}\n' * 2000)
    command = [sys.executable, "-m", "deploy.cli", "statements", text]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr and process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_while_another_command_reads_what_is_kept_it_says_so(tmp_path, capsys):
    (tmp_path / "kafka").mkdir()
    (tmp_path / "kafka" / "meta.properties").touch()
    with lock(tmp_path):
        assert main(["subscribe", "--data", str(tmp_path)]) == 3
    assert "try again when it is done" in capsys.readouterr().err


def test_without_an_instance_and_without_data_it_says_so(tmp_path, capsys):
    assert main(["subscribe", "--data", str(tmp_path / "none")]) == 3
    assert "nothing runs on" in capsys.readouterr().err
