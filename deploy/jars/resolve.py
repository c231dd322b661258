"""Writes jars.lock: jgo resolves the Maven coordinates (without Maven or Java); each jar is downloaded to pin it."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jgo.maven import Artifact, MavenContext
from jgo.parse import Coordinate

from deploy.jars.cache import Jar, repository
from deploy.jars.intact import sha256

KAFKA = "4.1.1"
BEAM = "2.62.0"
#: The newest of the line that Beam's runner is built for; the runner itself requires 1.19.0.
FLINK = "1.19.3"
#: The direct dependencies of each set; the rest is resolved. slf4j-simple writes log lines to standard error.
ROOTS = {
    "kafka": (f"org.apache.kafka:kafka_2.13:{KAFKA}", "org.slf4j:slf4j-simple:1.7.36"),
    "flink": (
        f"org.apache.beam:beam-runners-flink-1.19:{BEAM}",
        f"org.apache.beam:beam-runners-java-job-service:{BEAM}",
        "org.slf4j:slf4j-simple:1.7.36",
    ),
    "cluster": (
        "org.apache.flink:flink-metrics-prometheus:1.19.1",  # the newest of 1.19 that is published
        f"org.apache.flink:flink-statebackend-rocksdb:{FLINK}",
    ),
    "kafka-metrics": ("io.strimzi:metrics-reporter:0.2.0",),  # the newest whose jar is published
}
#: group:artifact as Kafka and Beam require it → the artifact used instead: the newest available of the same release
#: line, mostly because of a known hole (known_holes.yaml). Its own dependencies are the same.
INSTEAD = {
    "commons-beanutils:commons-beanutils": "commons-beanutils:commons-beanutils:1.11.0",
    "org.lz4:lz4-java": "at.yawk.lz4:lz4-java:1.10.1",  # the maintained fork; org.lz4 is not maintained
    "commons-io:commons-io": "commons-io:commons-io:2.18.0",
    "org.apache.commons:commons-lang3": "org.apache.commons:commons-lang3:3.18.0",
    "com.google.protobuf:protobuf-java": "com.google.protobuf:protobuf-java:3.25.8",
    "com.google.protobuf:protobuf-java-util": "com.google.protobuf:protobuf-java-util:3.25.8",
    "org.apache.flink:flink-shaded-jackson": "org.apache.flink:flink-shaded-jackson:2.15.3-19.0",
    "org.apache.flink:flink-shaded-netty": "org.apache.flink:flink-shaded-netty:4.1.100.Final-20.0",
    "org.apache.flink:flink-shaded-zookeeper-3": "org.apache.flink:flink-shaded-zookeeper-3:3.7.2-18.0",
}
#: Set → the set it is used together with, whose jars it does not repeat.
BESIDE = {"cluster": "flink"}


def resolve(roots: tuple[str, ...], cache: Path) -> list[Artifact]:
    """The roots and their compile and runtime dependencies, as jgo resolves them. No jar is downloaded yet."""
    context = MavenContext(repo_cache=cache, remote_repos={"maven": repository()}, timeout=60)
    wanted = [context.create_dependency(Coordinate(*root.split(":"), scope="compile")) for root in roots]
    inputs, transitive = context.resolver.resolve(wanted)
    found = [d.artifact for d in [*inputs, *transitive] if d.scope in ("compile", "runtime") and d.type == "jar"]
    return [substitute(context, artifact) for artifact in found]


def substitute(context: MavenContext, artifact: Artifact) -> Artifact:
    """The artifact to use where Kafka or Beam require this one: the same, or its replacement: INSTEAD, or FLINK."""
    name = f"{artifact.groupId}:{artifact.artifactId}"
    other = INSTEAD.get(name)
    if artifact.groupId == "org.apache.flink" and artifact.version == "1.19.0":
        other = f"{name}:{FLINK}"
    return context.create_dependency(Coordinate(*other.split(":"))).artifact if other else artifact


def write_lock(path: Path) -> None:
    """Resolve everything and write the lock. Takes minutes: about 200 POMs and 200 MB of jars."""
    resolved: dict[str, list[Artifact]] = {}
    lines = ["# Made by `python -m deploy.jars --lock`: group:artifact:version[:classifier] sha256 size"]
    with tempfile.TemporaryDirectory(prefix="borderwire-lock-") as scratch, ThreadPoolExecutor(8) as pool:
        for name, roots in ROOTS.items():
            there = {(a.groupId, a.artifactId) for a in resolved.get(BESIDE.get(name, ""), ())}
            artifacts = [a for a in resolve(roots, Path(scratch)) if (a.groupId, a.artifactId) not in there]
            resolved[name] = artifacts
            files = list(pool.map(Artifact.resolve, artifacts))
            lines += ["", f"[{name}]"]
            for artifact, file in zip(artifacts, files, strict=True):
                jar = Jar(
                    artifact.groupId,
                    artifact.artifactId,
                    artifact.version,
                    artifact.classifier,
                    sha256(file),
                    file.stat().st_size,
                )
                lines.append(f"{jar.coordinates} {jar.sha256} {jar.size}")
            print(f"{name}: {len(artifacts)} jars")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
