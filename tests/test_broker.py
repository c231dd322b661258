"""The one-machine broker, as far as other tests do not start it anyway."""
import uuid

import pytest
from brokers import broker

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]


def test_a_cluster_id_may_begin_with_a_dash(tmp_path, monkeypatch) -> None:
    """One in 64 does: Kafka's tool took it for an option, and the first start of `borderwire run` failed."""
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(bytes=b"\xf8" + bytes(15)))
    with broker(tmp_path) as (_, settings):
        written = (settings.data / "kafka" / "meta.properties").read_text()
    assert "cluster.id=-" in written
