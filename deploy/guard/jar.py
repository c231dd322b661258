"""What every JVM is told so that its ports are open to nobody else: guard.jar, built from java/ by build.py.

The guard binds wildcard addresses to the configured one, closes loopback connections of other users, and checks Host
and Origin before Flink's REST API.
"""

from pathlib import Path

JAR = Path(__file__).with_name("guard.jar")
PROVIDER = "borderwire.guard.GuardedProvider"


def options(bind: str = "127.0.0.1") -> tuple[str, ...]:
    """Options for the JVM; `JAR` has to be on its class path. `bind` stands in for wildcard addresses.

    A port that the system picks is bound to 127.0.0.1 whatever `bind` is.
    """
    return (
        f"-Djava.nio.channels.spi.SelectorProvider={PROVIDER}",
        f"-Dborderwire.bind={bind}",
        "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
        # Beam's gRPC servers would go past the JDK's selectors, to epoll by code of their own.
        "-Dorg.apache.beam.vendor.grpc.v1p60p1.io.netty.transport.noNative=true",
    )
