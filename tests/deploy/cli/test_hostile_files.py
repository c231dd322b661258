"""Every command that reads a file: whatever the file holds, it ends soon, with lines of error and an exit code."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from connectors.errors import ConnectorError
from connectors.feeds.archives import read_archive
from connectors.formats import feed_file
from deploy.cli.parser import main
from schemas.article import RawArticle
from tests.support.hostile_files import files

FILES = dict(files())
#: What takes a file, and the name that the file has; DIR is an empty directory.
COMMANDS = {
    "parse": ("FILE", "parse FILE --url https://a.example/f"),
    "clean": ("FILE", "clean FILE --url https://a.example/f"),
    "statements": ("FILE.jsonl", "statements FILE"),
    "dedupe": ("FILE.jsonl", "dedupe FILE"),
    "import": ("feeds.opml", "feeds --opml FILE"),
    "export": ("feeds.yaml", "feeds --opml --feeds FILE"),
    "export OPML": ("feeds.opml", "feeds --opml --feeds FILE"),
    "add": ("feeds.opml", "feeds add FILE --feeds DIR/list.yaml"),
    "remove": ("feeds.yaml", "feeds remove https://a.example/ --feeds FILE"),
    "check all": ("feeds.yaml", "feeds check --all --feeds FILE"),
    "topics": ("topics.yaml", "topics check FILE"),
    "settings": ("settings.yaml", "status --config FILE --data DIR"),
    "routes": ("routes.yaml", "deliver test desk --routes FILE --data DIR"),
    "run.json": ("run.json", "feeds --data DIR"),
    "flink": ("flink-conf.yaml", "flink jobmanager --conf DIR"),
}
#: Commands for which these files are no error.
TAKEN = {"parse", "clean", "statements", "dedupe"}
#: Commands about a running instance: an empty file is one without settings, or says of no instance.
NOTHING_RUNS = {"settings", "run.json"}


@pytest.fixture(scope="module", autouse=True)
def one_parser() -> Iterator[None]:
    """One parser process for all files, as in the poller."""
    with pytest.MonkeyPatch.context() as patch:
        kept = feed_file.ParserProcess(seconds=3)
        real, closes = feed_file.parse_file, kept.close
        kept.close = lambda: None  # type: ignore[method-assign]
        patch.setattr(feed_file, "parse_file", lambda path, url: real(path, url, kept))
        yield
        closes()


@pytest.mark.parametrize("name", COMMANDS)
def test_no_file_ends_a_command_otherwise_than_with_a_line_and_a_code(name, tmp_path, capsys):
    suffix, words = COMMANDS[name]
    for kind, data in FILES.items():
        path = tmp_path / suffix.replace("FILE", "input")
        path.write_bytes(data)
        began = time.process_time()
        try:
            code = main(words.replace("FILE", str(path)).replace("DIR", str(tmp_path)).split())
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        assert time.process_time() - began < 15, kind
        assert code in ((0, 1) if name in TAKEN else (1, 2, 3) if name in NOTHING_RUNS else (1, 2)), (
            kind,
            code,
            out[:300],
            err[:300],
        )
        assert "Traceback" not in err and "mistake of ours" not in err, (kind, err[:500])
        assert code == 0 or err.strip() or out.strip(), f"{kind}: it failed and said nothing"
        assert all(len(line) < 1000 for line in err.splitlines()), (kind, max(map(len, err.splitlines())))
        assert not set("\x1b\x9b\x07\u202e\u2028") & set(err), kind


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".warc", ".warc.gz", ".json", ".txt"])
def test_an_archive_of_anything_is_read_as_far_as_it_goes(suffix, tmp_path):
    for kind, data in FILES.items():
        path = tmp_path / f"input{suffix}"
        path.write_bytes(data)
        counts = {"published": 0, "left out": 0}
        try:
            for article in read_archive(path, lambda: datetime.now(UTC), counts):
                assert isinstance(article, RawArticle)
        except ConnectorError as error:
            assert "\n" not in str(error), kind


@pytest.mark.parametrize("words", ["parse FILE --url https://a.example/", "feeds --opml FILE", "topics check FILE",
                                   "doctor --config FILE", "statements FILE", "clean FILE --url https://a.example/"])  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/nothing/here", "/proc/self/mem", "x\udcff"])
def test_what_cannot_be_opened_is_named(words, path, capsys):
    code = main([path if word == "FILE" else word for word in words.split()])
    out, err = capsys.readouterr()
    assert code in (1, 2) and "Traceback" not in err and "mistake of ours" not in err and (err or out).count("\n") <= 2


def test_a_file_without_an_end_is_given_up_in_little_memory(tmp_path):
    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))

    for words in ("parse /dev/zero --url https://a.example/", "feeds --opml /dev/zero", "topics check /dev/zero"):
        command = [sys.executable, "-m", "deploy.cli", *words.split()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, preexec_fn=limits, env=os.environ)
        told = done.stderr + done.stdout
        assert done.returncode in (1, 2) and "Traceback" not in told and told.count("\n") <= 2, (words, told[:500])
