"""All settings, in one frozen model. Values come from a YAML file and the command line (deploy/config.py)."""
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.masking import register

CheckpointInterval = Annotated[timedelta, Field(ge=timedelta(seconds=1), le=timedelta(seconds=20))]


class Section(BaseModel):
    """A part of the settings: an unknown field is a mistake and refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSettings(Section):
    """How to reach Kafka. Without `bootstrap_servers`, `borderwire run` starts a broker of its own."""

    bootstrap_servers: str | None = None
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ssl_cafile: Path | None = None
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password_file: Path | None = None
    topic_prefix: str = Field(default="", pattern=r"^[a-zA-Z0-9._-]*$")
    partitions: int = Field(default=4, ge=1, le=1000)
    replication_factor: int = Field(default=1, ge=1, le=10)
    max_record_bytes: int = Field(default=1_000_000, ge=10_000)
    group: str = "borderwire"

    def client_options(self) -> dict[str, Any]:
        """Keyword arguments that every kafka-python client takes. Reads the password file at each call."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "security_protocol": self.security_protocol,
            # kafka-python 3.0.12 asks a partition's old leader for its offsets until this is over.
            "metadata_max_age_ms": 30_000,
        }
        for name in ("ssl_cafile", "ssl_certfile", "ssl_keyfile"):
            if path := getattr(self, name):
                options[name] = str(path)
        if self.sasl_mechanism:
            options["sasl_mechanism"] = self.sasl_mechanism
            options["sasl_plain_username"] = self.sasl_username
            if self.sasl_password_file:
                options["sasl_plain_password"] = self.sasl_password_file.read_text(encoding="utf-8").strip()
                register(options["sasl_plain_password"])
        return options

    def topic(self, name: str) -> str:
        return self.topic_prefix + name


class ConnectorSettings(Section):
    """How feeds and pages are fetched. Times in seconds, sizes in bytes.

    `interval` is the usual time between two polls of a feed. With `adaptive`, a busy feed is polled as often as every
    `min_interval`, a quiet one or one that asks for it up to six times less often; without, every `interval` exactly.
    Failures back off in both cases, to `slow_interval` at most.
    """

    contact: str = "https://example.org/contact"
    interval: float = Field(default=600, gt=0)
    min_interval: float = Field(default=120, gt=0)
    slow_interval: float = Field(default=86400, gt=0)
    adaptive: bool = True
    connect_timeout: float = Field(default=10, gt=0)
    read_timeout: float = Field(default=20, gt=0)
    total_timeout: float = Field(default=60, gt=0)
    max_body: int = Field(default=10 * 1024 * 1024, gt=0)
    max_redirects: int = Field(default=5, ge=0)
    per_domain: int = Field(default=2, ge=1)
    concurrency: int = Field(default=50, ge=1)
    fetch_pages: bool = True
    robots: bool = True
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()


class PipelineSettings(Section):
    """The Beam job. `flink_master` is `[local]`, or host:port of a Flink cluster's REST address.

    One worker process takes 50 to 100 articles a second, as fast as the machine is: four million a day. With
    `parallelism: 2, workers: 2` a machine of two cores takes half as many again, for 250 MB more.
    `state_backend` and `flink_heap_mb` are for the local mode; docs/state.md says how much state there will be.
    `checkpoint_interval`: at most 20 s, for a job without a checkpoint for 45 s counts as dead.
    `corroborate`: at how many outlets a statement that was alerted is told of once more, as `corroborated`: [3, 10] are
    of use; by default it is not. `corrections`: tell when an edit removes or changes a statement that was alerted, as
    `corrected`; by default not. `alert_topics` are those that the taxonomy marks `alerts: true`, where
    `deploy/config.py` read the settings.
    """

    flink_master: str = "[local]"
    parallelism: int = Field(default=1, ge=1, le=128)
    workers: int = Field(default=1, ge=1, le=128)
    checkpoint_interval: CheckpointInterval = timedelta(seconds=15)
    state_backend: Literal["heap", "rocksdb"] = "heap"
    flink_heap_mb: int = Field(default=512, ge=256)
    max_alert_age: timedelta = timedelta(hours=72)
    corroborate: tuple[Annotated[int, Field(ge=2, le=100)], ...] = ()
    corrections: bool = False
    start: Literal["earliest", "latest"] = "earliest"
    taxonomy: Path | None = None
    alert_topics: tuple[str, ...] = ("merida", "arms-trafficking", "security-framework")


class MetricsSettings(Section):
    """Where /metrics, /healthz and /readyz are served. Without a port, `run` picks a free one and keeps it."""

    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=1, le=65535)


class PageSettings(Section):
    """The page that `run` serves. Port 0 is off; one that is taken is replaced by a free one, and the log says so.

    Anybody who can reach `host` can read it and set marks. `names` are further names it may be called by.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8710, ge=0, le=65535)
    names: tuple[str, ...] = ()


class Settings(Section):
    """Everything `borderwire` can be told. `data` holds all that it writes.

    `routes` is the file that says where alerts are delivered; with it, `run` delivers too.
    With less than `min_free_disk` bytes free where `data` is, fetching pauses: Kafka and Flink break on a full disk.
    """

    data: Path = Path("data")
    min_free_disk: int = Field(default=1024**3, ge=0)
    feeds: Path | None = None
    routes: Path | None = None
    kafka: KafkaSettings = KafkaSettings()
    connectors: ConnectorSettings = ConnectorSettings()
    pipeline: PipelineSettings = PipelineSettings()
    metrics: MetricsSettings = MetricsSettings()
    page: PageSettings = PageSettings()
