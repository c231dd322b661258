"""Alerts as CloudEvents 1.0, Kafka protocol binding, binary content mode: the attributes are the record's headers.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md
"""

from schemas.alert import CONTRACT_VERSION, Alert
from schemas.codec import DecodeError, decode

#: The attribute `dataschema`: the id of the schema in schemas/json/alerts.json, which ends with the version.
DATASCHEMA = "urn:borderwire:schema:alerts:v"
#: Header → its description. `ce_subject` is left out if no speaker is named.
HEADERS = {
    "ce_specversion": "Always 1.0.",
    "ce_id": "The alert's id; unique together with ce_source.",
    "ce_source": "urn:borderwire: and the topic without its prefix.",
    "ce_type": "borderwire.alert. and the alert's kind.",
    "ce_time": "When it was alerted, RFC 3339.",
    "ce_subject": "The speaker's name.",
    "ce_dataschema": f"{DATASCHEMA}{CONTRACT_VERSION}; {DATASCHEMA}1 on records of version 1.",
    "content-type": "Always application/json.",
}

Headers = list[tuple[str, bytes]]


def headers_of(topic: str, value: bytes) -> Headers:
    """The headers of a record on `topic` (without prefix): those of an alert, none for anything else."""
    if not topic.startswith("alerts."):
        return []
    try:
        return alert_headers(decode(Alert, value))
    except DecodeError:
        return []


def alert_headers(alert: Alert) -> Headers:
    """The CloudEvents attributes of an alert, and its content type, in UTF-8."""
    values = {
        "ce_specversion": "1.0",
        "ce_id": alert.id,
        "ce_source": f"urn:borderwire:alerts.{alert.topic}",
        "ce_type": f"borderwire.alert.{alert.kind}",
        "ce_time": alert.alerted.isoformat(),
        "ce_subject": alert.speaker.name if alert.speaker else "",
        "ce_dataschema": f"{DATASCHEMA}{alert.contract_version}",
        "content-type": "application/json",
    }
    return [(name, value.encode("utf-8", "replace")) for name, value in values.items() if value]
