"""All settings, as one frozen model. Values come from a YAML file and the command line (deploy/config.py)."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas.durations import Duration, Seconds
from schemas.masking import register

CheckpointInterval = Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(seconds=20))]


class Section(BaseModel):
    """A part of the settings. Unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class KafkaSettings(Section):
    """How to reach Kafka. Without `bootstrap_servers`, `borderwire run` starts a broker of its own."""

    bootstrap_servers: str | None = None
    """host:port of one or more brokers, separated by commas; without, `run` starts a broker of its own."""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How clients talk to the brokers."""
    ssl_cafile: Path | None = None
    """PEM file of the authority that signed the brokers' certificates."""
    ssl_certfile: Path | None = None
    """PEM file of the client's certificate."""
    ssl_keyfile: Path | None = None
    """PEM file of the client's key."""
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    """How the password is sent; needs one of the SASL protocols."""
    sasl_username: str | None = None
    """User name at the brokers."""
    sasl_password_file: Path | None = None
    """File with the password; it is read at each connection."""
    topic_prefix: str = Field(default="", pattern=r"^[a-zA-Z0-9._-]*$")
    """Prefix of all topic names."""
    partitions: int = Field(default=4, ge=1, le=1000)
    """Number of partitions of `articles.raw`. It cannot be changed for a topic that exists."""
    replication_factor: int = Field(default=1, ge=1, le=10)
    """On how many brokers each record is kept."""
    max_record_bytes: int = Field(default=1_000_000, ge=10_000)
    """Largest record that is written, in bytes."""
    answer_timeout: Seconds = Field(default=30, gt=0, allow_inf_nan=False)
    """Seconds within which a broker must answer a new client; after that, Kafka counts as unreachable."""
    group: str = "borderwire"
    """Consumer group under which the job commits its offsets."""

    def client_options(self) -> dict[str, Any]:
        """Keyword arguments that every kafka-python client takes. Reads the password file at each call."""
        options: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "security_protocol": self.security_protocol,
            # After a leader change, kafka-python 3.0.12 asks the old leader for offsets until the metadata expires.
            "metadata_max_age_ms": 30_000,
            # As Java's clients; kafka-python waits up to 30 s before it tries a broker again that was away.
            "reconnect_backoff_max_ms": 1000,
            "bootstrap_timeout_ms": round(1000 * self.answer_timeout),
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

    def reader_options(self) -> dict[str, Any]:
        """Keyword arguments of every consumer: offsets are committed by hand, and the largest records are read."""
        return self.client_options() | {
            "enable_auto_commit": False,
            "allow_auto_create_topics": False,
            "max_partition_fetch_bytes": 4 * self.max_record_bytes,
        }

    def writer_options(self) -> dict[str, Any]:
        """Keyword arguments of every producer: a record counts as written when all in-sync replicas have it, once."""
        return self.client_options() | {
            "acks": "all",
            "enable_idempotence": True,
            "compression_type": "gzip",
            "linger_ms": 5,
            "allow_auto_create_topics": False,
        }

    def topic(self, name: str) -> str:
        return self.topic_prefix + name


class ConnectorSettings(Section):
    """How feeds and pages are fetched. Sizes in bytes; times in seconds (600) or as durations (10m, PT10M).

    `interval` is the usual time between two polls of a feed. With `adaptive`, a busy feed is polled up to every
    `min_interval`, a quiet one up to six times less often than usual, and one that asks for fewer polls up to three
    times less often. Without `adaptive`, each feed is polled every `interval`. In both cases, failures cause
    exponential back-off up to six times `interval`. A feed that has failed for seven days is polled every
    `slow_interval`.
    """

    contact: str = "https://example.org/contact"
    """Address where publishers can reach you; it is part of the User-Agent."""
    interval: Seconds = Field(default=600, gt=0, allow_inf_nan=False)
    """Seconds between two polls of a feed, usually."""
    min_interval: Seconds = Field(default=120, gt=0, allow_inf_nan=False)
    """Seconds between two polls of a busy feed."""
    slow_interval: Seconds = Field(default=86400, gt=0, allow_inf_nan=False)
    """Seconds between two polls of a feed that fails, at most."""
    adaptive: bool = True
    """Whether the interval follows the rhythm of the feed."""
    connect_timeout: Seconds = Field(default=10, gt=0, allow_inf_nan=False)
    """Seconds within which a connection must be made."""
    read_timeout: Seconds = Field(default=20, gt=0, allow_inf_nan=False)
    """Seconds within which the next bytes must arrive."""
    total_timeout: Seconds = Field(default=60, gt=0, allow_inf_nan=False)
    """Seconds that a request may take in total."""
    max_body: int = Field(default=10 * 1024 * 1024, gt=0)
    """Bytes of an answer at most, unpacked."""
    max_redirects: int = Field(default=5, ge=0)
    """Redirects that are followed at most."""
    per_domain: int = Field(default=2, ge=1)
    """Concurrent requests to one domain, at most."""
    concurrency: int = Field(default=50, ge=1)
    """Concurrent requests in total, at most."""
    fetch_pages: bool = True
    """Whether the page behind each entry is fetched."""
    robots: bool = True
    """Whether robots.txt is obeyed."""
    allow_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks that may be reached although they are not global, such as 10.1.0.0/16."""


class PipelineSettings(Section):
    """The Beam job. `flink_master` is `[local]`, or host:port of a Flink cluster's REST address.

    One worker process handles 50 to 100 articles a second, depending on the machine: four million a day. With
    `parallelism: 2, workers: 2` a machine of two cores handles about 1.7 times as many, and needs 250 MB more.
    `state_backend` and `flink_heap_mb` are for local mode; docs/state.md says how much state to expect.
    `checkpoint_interval`: at most 20 s, because a job without a checkpoint for 45 s is taken to be dead.
    `corroborate`: numbers of outlets at which an alerted statement causes another alert of kind `corroborated`, such as
    [3, 10]; off by default. `corrections`: whether an edit that removes or changes an alerted statement causes an alert
    of kind `corrected`; off by default. `alert_topics` are the topics that the taxonomy marks `alerts: true`;
    `deploy/config.py` fills them and `topic_titles` in when it reads the settings.
    """

    flink_master: str = "[local]"
    """`[local]`, or host:port of a Flink cluster's REST address."""
    parallelism: int = Field(default=1, ge=1, le=128)
    """Number of subtasks of each step."""
    workers: int = Field(default=1, ge=1, le=128)
    """Number of Python worker processes."""
    checkpoint_interval: CheckpointInterval = timedelta(seconds=15)
    """Time between two checkpoints; 20 s at most, for a job without one for 45 s counts as dead."""
    state_backend: Literal["heap", "rocksdb"] = "heap"
    """Where Flink keeps state in local mode; docs/state.md says how much there will be."""
    flink_heap_mb: int = Field(default=256, ge=256)
    """Heap of Flink in local mode, in MB."""
    max_alert_age: Duration = Field(default=timedelta(hours=72), gt=timedelta(0))
    """What was said or published earlier than this is recorded, not alerted."""
    corroborate: tuple[Annotated[int, Field(ge=2, le=100)], ...] = ()
    """Numbers of outlets at which an alerted statement raises another alert, such as [3, 10]. Empty: never."""
    corrections: bool = False
    """Whether an edit that removes or changes an alerted statement raises an alert."""
    start: Literal["earliest", "latest"] = "earliest"
    """Where the job begins when it has neither state nor committed offsets."""
    taxonomy: Path | None = None
    """A topics file of your own; without one, the file that is part of the program is used."""
    snapshots: Path | None = None
    """Directory of a worker for snapshots of the ledger (docs/newness.md); without it, `snapshots` in `data`, if the
    workers have that directory."""
    alert_topics: tuple[str, ...] = ("merida", "arms-trafficking", "security-framework")
    """The topics that raise alerts; read from the taxonomy, not from the settings file."""
    topic_titles: dict[str, dict[str, str]] = {}
    """The title of each of them by language (en, es); read from the taxonomy, not from the settings file."""

    def titles_in(self, lang: str) -> dict[str, str]:
        """The title of each topic that raises alerts, in a language (en or es)."""
        return {topic: found[lang] for topic, found in self.topic_titles.items()}


class MetricsSettings(Section):
    """Where /metrics, /healthz and /readyz are served. Without a port, `run` picks a free one and reuses it later."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Port; without one, a free port is chosen and kept for later runs."""


class PageSettings(Section):
    """The web page that `run` serves. Port 0 turns it off. If the port is in use, a free one is used and logged.

    Everyone who can reach `host` can read the page and set marks. `names` are further host names under which it may be
    requested. `trusted_proxies` are the addresses of proxies with a login in front of the page: what they send as
    X-Forwarded-User is the reader's name on marks, and X-Forwarded-Proto the scheme that readers use.

    With `address`, messages of the deliveries have links: to the alert on the page, and to mark it as wrong or mute its
    story. These two are signed with a key, hold for `links_last`, and can be used once, without a login.
    """

    host: str = "127.0.0.1"
    """Address to listen on. Everyone who can reach it can read the page and set marks."""
    port: int = Field(default=8710, ge=0, le=65535)
    """Port; 0 turns the page off. If it is in use, a free one is used and logged."""
    names: tuple[str, ...] = ()
    """Further host names under which the page may be requested."""
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Addresses or networks of proxies whose X-Forwarded-User and X-Forwarded-Proto are believed, such as 127.0.0.1.
    Empty: of none."""
    address: str | None = Field(default=None, pattern=r"^https?://[^\s/?#@]+/?$")
    """The page's address as readers have it, such as https://desk.example; without it, messages have no links to it."""
    links_key: Path | None = None
    """File with the key that signs links in messages, 32 characters or more; without it, `links.key` in `data`, which
    is made when it is needed. Page and deliveries must have the same key."""
    links_last: Duration = Field(default=timedelta(days=14), gt=timedelta(0), le=timedelta(days=365))
    """How long a link in a message can be used to mark an alert."""

    @field_validator("address")
    @classmethod
    def _without_slash(cls, address: str | None) -> str | None:
        return address.rstrip("/") if address else address


class Settings(Section):
    """All settings of `borderwire`. The directory `data` holds everything that it writes.

    `routes` is the file that says where alerts are delivered; if it is set, `run` delivers too.
    If less than `min_free_disk` bytes are free on the disk of `data`, fetching pauses, because Kafka and Flink fail on
    a full disk.
    """

    data: Path = Path("data")
    """Directory that holds all that is written."""
    min_free_disk: int = Field(default=1024**3, ge=0)
    """Bytes that must be free where `data` is; with less, fetching pauses."""
    feeds: Path | None = None
    """The feed list, YAML or OPML."""
    routes: Path | None = None
    """The routes file, which says where alerts are delivered; with it, `run` delivers too."""
    kafka: KafkaSettings = KafkaSettings()
    """How to reach Kafka."""
    connectors: ConnectorSettings = ConnectorSettings()
    """How feeds and pages are fetched."""
    pipeline: PipelineSettings = PipelineSettings()
    """The Beam job."""
    metrics: MetricsSettings = MetricsSettings()
    """Where figures are served."""
    page: PageSettings = PageSettings()
    """The page that `run` serves."""
