"""Settings: a mistake is refused with the field, the value and what would be right."""

from pathlib import Path

import pytest

from deploy.cli.parser import main
from deploy.config import ConfigError, load_settings


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("pipeline: {checkpoint_interval: 60}", "pipeline.checkpoint_interval: .* a duration needs a unit"),
        ("pipeline: {checkpoint_interval: 0}", "pipeline.checkpoint_interval: .* a duration needs a unit"),
        ("pipeline: {checkpoint_interval: 60s}", "pipeline.checkpoint_interval: '60s' is not valid: .* at most 20s"),
        ("pipeline: {checkpoint_interval: 0s}", "pipeline.checkpoint_interval: '0s' is not valid: .* at least 1s"),
        ("kafka: {partitions: 0}", "kafka.partitions: 0 is not valid: it must be at least 1"),
        ("kafka: {partitons: 4}", "kafka.partitons: no such setting: remove it or correct its name"),
        ("pipeline: {taxonomy: /nothing.yaml}", "pipeline.taxonomy: /nothing.yaml: No such file"),
        ("- kafka", "a list at the top: it must be a mapping"),
        ("kafka: {", "no YAML: line "),
        ("kafka:", "kafka: it has no value: write one, or remove the line"),
        ("kafka: [1]", r"kafka: \[1\] is not valid"),
        ("kafka: 5", "kafka: 5 is not valid"),
        ("data: 2026-13-45", "a value that cannot be"),
        ("data: [", "no YAML"),
        ("data: " + "[" * 20_000, "nested deeper than 100 levels"),
        ("data: \xff\x00", "no YAML"),
        ("? [a]\n: 1", "no YAML|no such setting"),
        ("data: !!python/object:os.system x", "no YAML"),
        ("page: {port: " + "9" * 5000 + "}", "page.port|a value that cannot be"),
        ("page: {host: &a [&b [x,x,x], *b, *b, *b, *b]}", "page.host"),
        ("metrics:\n  port: " + "x" * 10_000, "metrics.port: 'xxx"),
        ("kafka: {sasl_pasword: hunter2}", "no such setting"),
        ("connectors:\npipeline:", "connectors: it has no value"),
    ],
)
def test_a_mistake_is_refused_with_its_field_and_what_would_be_right(written: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(written, encoding="utf-8")
    for overrides in (None, {"kafka.bootstrap_servers": "127.0.0.1:9092"}):
        with pytest.raises(ConfigError, match=told if overrides is None else None) as error:
            load_settings(file, overrides)
        assert all(len(line) < 600 and "hunter2" not in line for line in str(error.value).splitlines())


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.yaml: No such file or directory: name a file that can be read"):
        load_settings(tmp_path / "nothing.yaml")


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("kafka: {partitions: 4, replication_factor: 2}", encoding="utf-8")
    kafka = load_settings(file, {"kafka.partitions": 8}).kafka
    assert (kafka.partitions, kafka.replication_factor) == (8, 2)


@pytest.mark.parametrize(
    ("command", "code"),
    [(["status"], 3), (["stop"], 3), (["ports"], 3), (["feeds", "remove", "https://x.example/"], 2), (["run"], 2)],
)
def test_commands_that_need_no_topics_do_not_read_the_taxonomy(
    command: list[str], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.logs.configure", lambda *_, **__: None)
    file = tmp_path / "config.yaml"
    file.write_text("pipeline: {taxonomy: /nothing.yaml}", encoding="utf-8")
    assert main([*command, "--config", str(file), "--data", str(tmp_path)]) == code
    assert ("/nothing.yaml" in capsys.readouterr().err) == (command == ["run"])


def test_the_topics_that_alert_come_from_the_taxonomy_with_their_titles():
    pipeline = load_settings().pipeline
    assert set(pipeline.topic_titles) == set(pipeline.alert_topics)
    assert pipeline.topic_titles["merida"]["es"] == "Iniciativa Mérida y Entendimiento Bicentenario"
