"""A Kafka with TLS and a password: topics are created, records written and read, a wrong password is reported."""

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from connectors.errors import BrokerGone
from connectors.kafka import Publisher
from connectors.kafka_topics import ensure_topics
from deploy.config import load_settings
from deploy.engine.broker import Broker
from deploy.jars.cache import fetch
from deploy.machine.ports import Ports
from pipelines.kafka.outbox import Outbox
from schemas.kafka.topic_tail import TopicTail

pytestmark = [pytest.mark.slow, pytest.mark.light, pytest.mark.timeout(180)]
PASSWORD = "open sesame"


class SecuredBroker(Broker):
    """Besides its usual listener it has one for SASL_SSL with the mechanism PLAIN."""

    def _configure(self, controller_port):
        super()._configure(controller_port)
        self.secured = self.ports.get("secured")
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.config.with_name("ca.pem"))
        keystore = self.config.with_name("server.pem")
        certificate = authority.issue_cert("localhost")
        key = load_pem_private_key(certificate.private_key_pem.bytes(), None)
        keystore.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        certificate.cert_chain_pems[0].write_to_path(keystore, append=True)
        login = "org.apache.kafka.common.security.plain.PlainLoginModule"
        values = {
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller_port},"
            f"SECURED://127.0.0.1:{self.secured}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port},SECURED://localhost:{self.secured}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURED:SASL_SSL",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.name.secured.ssl.keystore.type": "PEM",
            "listener.name.secured.ssl.keystore.location": keystore,
            "listener.name.secured.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.secured.plain.sasl.jaas.config": f'{login} required user_desk="{PASSWORD}";',
        }
        with self.config.open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in values.items())


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    data = tmp_path_factory.mktemp("secured")
    broker = SecuredBroker(data, fetch(sets=("kafka",))["kafka"], Ports(data / "ports.json"))
    broker.start()
    broker.wait_ready()
    yield broker
    broker.stop()


def settings_for(broker, tmp_path, password):
    secret = tmp_path / "password"
    secret.write_text(password + "\n")
    kafka = {
        "bootstrap_servers": f"localhost:{broker.secured}",
        "security_protocol": "SASL_SSL",
        "ssl_cafile": broker.config.with_name("ca.pem"),
        "sasl_mechanism": "PLAIN",
        "sasl_username": "desk",
        "sasl_password_file": secret,
        "topic_prefix": "desk.",
        "answer_timeout": 10,
    }
    return load_settings(overrides={"data": tmp_path, "kafka": kafka})


def test_records_are_written_and_read_with_a_password_over_tls(broker, tmp_path):
    settings = settings_for(broker, tmp_path, PASSWORD)
    ensure_topics(settings)
    publisher = Publisher(settings.kafka)
    publisher.publish([("feeds.events", "a", b"by the connectors")])
    publisher.close()
    outbox = Outbox(settings.kafka)
    outbox.send(("feeds.events", "b", b"by the pipeline"))
    outbox.flush()
    outbox.close()
    tail = TopicTail(settings.kafka, ["feeds.events"])
    assert {value for _, _, value in tail.read()} == {b"by the connectors", b"by the pipeline"}


def test_a_wrong_password_is_told(broker, tmp_path):
    with pytest.raises(BrokerGone, match="refuses the password"):
        ensure_topics(settings_for(broker, tmp_path, "open barley"))
