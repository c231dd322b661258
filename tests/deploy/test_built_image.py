"""`make image-test`: deploy/Dockerfile built by a real engine, and every service of the Compose file run from the image.

buildah builds and runs containers as root without a daemon and without privileges. The base image is made by
debootstrap, so no registry of images is needed; it is kept in build/image for the next time. Debian's packages, those of
PyPI and the jars come through the ordinary clients. Skipped where buildah or debootstrap is not installed.
"""

import json
import os
import re
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.machine.process import Process
from tests.support.composed import Composed
from tests.support.paths import ROOT

KEPT = ROOT / "build" / "image"
STORE = ["--storage-driver", "vfs", "--root", str(KEPT / "store"), "--runroot", str(KEPT / "run")]
BASE, IMAGE = "localhost/borderwire-base", "localhost/borderwire-test"
DEBIAN = ["debootstrap", "--variant=minbase", "--include=python3,python3-venv,python-is-python3,ca-certificates"]
#: The user of the image.
USER = 10001
#: Largest size of the image in bytes, with a base of 280 MB.
LARGEST = 1_600_000_000
CERTIFICATES = Path("/etc/ssl/certs")
KAFKA = ("kafka-1", "kafka-2", "kafka-3")
#: Where the service kafka-metrics puts its jars, under the root of all services.
JARS = Path("kafka-metrics", "data", "kafka-metrics")
#: The services of ours, in the order of their start.
OURS = (
    "kafka-metrics", "jobmanager", "taskmanager-1", "workers-1", "jobserver", "connectors", "metrics", "page", "delivery",
)  # fmt: skip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.cluster,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not (shutil.which("buildah") and shutil.which("debootstrap") and os.geteuid() == 0),
        reason="needs buildah and debootstrap (Debian packages), and root",
    ),
]


def buildah(*words: object, timeout: float = 900) -> str:
    command = ["buildah", *STORE, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout.strip()


def make_base() -> None:
    """The base image, unless it is there already."""
    if BASE in buildah("images", "--format", "{{.Name}}").split():
        return
    root = KEPT / "debian"
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run([*DEBIAN, "bookworm", root], check=True, timeout=900)
    container = buildah("from", "scratch")
    buildah("copy", "-q", container, root, "/")
    buildah("commit", "-q", "--rm", container, BASE)
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def canary() -> str:
    """A word that stands in what must not come into an image: secrets, data, what git keeps."""
    return secrets.token_hex(16)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, canary: str) -> str:
    KEPT.mkdir(parents=True, exist_ok=True)
    make_base()
    context = tmp_path_factory.mktemp("context")
    for name in subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, context / name)
    for place in ("deploy/secrets/kafka_password", ".git/config", "data/run/settings.json", ".venv/pip.conf"):
        (context / place).parent.mkdir(parents=True, exist_ok=True)
        (context / place).write_text(canary, encoding="utf-8")
    bundle = CERTIFICATES / "ca-certificates.crt"
    arguments = [f"BASE={BASE}", f"PIP_CERT={bundle}", f"SSL_CERT_FILE={bundle}"]
    arguments += [f"{name}={os.environ[name]}" for name in ("PIP_INDEX_URL", "BORDERWIRE_MAVEN") if name in os.environ]
    given = [part for argument in arguments for part in ("--build-arg", argument)]
    buildah("build", "--isolation", "chroot", "--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro", *given,
            "-f", context / "deploy" / "Dockerfile", "-t", IMAGE, context)  # fmt: skip
    return IMAGE


@pytest.fixture(scope="module")
def container(image: str) -> Iterator[str]:
    name = buildah("from", image)
    try:
        yield name
    finally:
        buildah("rm", name)


@pytest.fixture(scope="module")
def files(container: str) -> Iterator[Path]:
    """The file system of the container."""
    yield Path(buildah("mount", container))
    buildah("umount", container)


def inside(container: str, *command: str) -> subprocess.CompletedProcess[str]:
    run = ["buildah", *STORE, "run", "--isolation", "chroot", "--user", str(USER), container, "--", *command]
    return subprocess.run(run, capture_output=True, text=True, timeout=120)


def test_user_and_entrypoint_and_no_secret_in_what_is_told_of_it(image: str) -> None:
    told: dict[str, Any] = json.loads(buildah("inspect", "--type", "image", image))
    config = told["OCIv1"]["config"]
    assert config["User"] == str(USER)
    assert config["Entrypoint"] == ["borderwire"]
    assert not [line for line in config["Env"] if re.search("PASSWORD|TOKEN|SECRET|INDEX_URL", line)]
    history = json.dumps(told["OCIv1"]["history"])
    assert "INDEX_URL=" not in history and "MAVEN=" not in history


def test_its_size(files: Path) -> None:
    found = sum(path.lstat().st_size for path in files.rglob("*") if stat.S_ISREG(path.lstat().st_mode))
    print(f"the image holds {found / 1e6:.0f} MB")
    assert found < LARGEST


def test_nothing_in_it_compiles(container: str) -> None:
    search = "for c in cc gcc g++ clang make ld as javac rustc go; do command -v $c; done; true"
    assert inside(container, "sh", "-c", search).stdout.split() == []


def test_nothing_in_it_was_meant_for_elsewhere(files: Path, canary: str) -> None:
    word = canary.encode()
    own = [path for path in (files / "opt").rglob("*") if stat.S_ISREG(path.lstat().st_mode)]
    assert len(own) > 1000
    assert [path for path in own if path.stat().st_size < 1_000_000 and word in path.read_bytes()] == []
    assert [path for path in own if path.parent.name == "secrets" and path.parent.parent.name == "deploy"] == []
    assert not (files / "src").exists()
    ours = [path for path in own if path.suffix in (".pem", ".key") and b"PRIVATE KEY" in path.read_bytes()]
    assert ours == []


def test_nobody_but_root_can_change_the_program(files: Path) -> None:
    kept = [path for path in (files / "opt").rglob("*") if not path.is_symlink()]
    assert [path for path in kept if path.lstat().st_uid or path.lstat().st_mode & 0o022] == []


class InImage(Composed):
    """The services of the Compose file, ours from the image and as its user."""

    def __init__(self, root: Path, image: str) -> None:
        super().__init__(root)
        self.image, self.containers = image, list[str]()

    def kafka_metrics(self) -> str:
        return f"{self.root / JARS}/*"

    def _process(self, name: str) -> Process:
        if name == "kafka-metrics":
            self._stage(name)
            (self.root / JARS).mkdir()
            volume = f"{self.root / JARS}:/var/lib/borderwire/{name}"
            return self._in_image(name, self.services[name]["entrypoint"], volume)
        made = super()._process(name)
        if name not in OURS:
            return made
        return self._in_image(name, [self.entrypoint, *made.command[1:]], f"{self.root}:{self.root}", made.env)

    def _in_image(
        self, name: str, command: Sequence[str | Path], volume: str, env: Mapping[str, str] | None = None
    ) -> Process:
        for path in [self.root, *self.root.rglob("*")]:
            if not path.is_relative_to(self.root / "logs") and not any(kafka in path.parts for kafka in KAFKA):
                os.lchown(path, USER, USER)
        container = buildah("from", self.image)
        self.containers.append(container)
        run = ["buildah", *STORE, "run", "--isolation", "chroot", "--user", str(USER)]
        run += ["--hostname", "localhost"]  # Flink asks for the address of its host's name
        run += ["--volume", volume, container, "--", *map(str, command)]
        return Process(name, run, self.root / "logs" / f"{name}.log", env)

    def stop(self) -> None:
        super().stop()
        for container in self.containers:
            buildah("rm", container)


def test_every_service_of_the_compose_file_runs_from_it(image: str, tmp_path: Path) -> None:
    for parent in [tmp_path, *tmp_path.parents][:3]:  # pytest's directories are for their owner only
        parent.chmod(0o755)
    services = InImage(tmp_path, image)
    commands = {name for name, service in services.services.items() if service["image"].startswith("borderwire:")}
    assert commands - {"node-1", "node-2", "taskmanager-2", "workers-2"} == {*OURS}
    try:
        services.start("kafka-metrics")
        services.start(*KAFKA)
        for name in OURS[1:]:
            services.start(name)
            print(f"{name} is healthy")
        figures = httpx.get(f"http://127.0.0.1:{services.ports['kafka-1', '9404']}/metrics", timeout=30).text
        assert "kafka_server_replicamanager_underreplicatedpartitions" in figures
        who = inside(services.containers[0], "id", "-u")
        assert who.stdout.strip() == str(USER)
    finally:
        services.stop()
