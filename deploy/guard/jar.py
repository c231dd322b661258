"""JVM options that load guard.jar, which protects a JVM's ports. build.py builds it from java/.

The guard binds to the configured address instead of a wildcard address, closes loopback connections of other users, and
checks the headers Host and Origin of requests to Flink's REST API.
"""

from pathlib import Path

JAR = Path(__file__).with_name("guard.jar")
PROVIDER = "borderwire.guard.GuardedProvider"


def options(bind: str = "127.0.0.1") -> tuple[str, ...]:
    """Options for the JVM; `JAR` must be on its class path. `bind` replaces wildcard addresses.

    A port that the system picks is always bound to 127.0.0.1.
    """
    return (
        f"-Djava.nio.channels.spi.SelectorProvider={PROVIDER}",
        f"-Dborderwire.bind={bind}",
        "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
        # Otherwise Beam's gRPC servers use native epoll code, which bypasses the JDK's selectors and so the guard.
        "-Dorg.apache.beam.vendor.grpc.v1p60p1.io.netty.transport.noNative=true",
    )
