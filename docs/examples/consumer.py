"""Reads an alert topic with kafka-python and nothing of Borderwire's: python consumer.py HOST:PORT [TOPIC]"""

import json
import sys

from kafka import KafkaConsumer

servers, topic = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "alerts.merida"
consumer = KafkaConsumer(
    topic,
    bootstrap_servers=servers,
    group_id="my-desk",  # Kafka keeps this group's place
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    consumer_timeout_ms=5000,  # leave this out to wait for ever
)
for record in consumer:
    headers = dict(record.headers)
    alert = json.loads(record.value)
    speaker = alert.get("speaker", {}).get("name", "an unnamed source")
    for statement in alert["statements"]:
        told = f"{speaker} {statement.get('verb', 'said')}: {statement['text']}"  # "denied this" is not "said"
        print(headers["ce_type"].decode(), alert["id"], told, flush=True)
    consumer.commit()  # after the work is done: an alert may come twice, none is lost
consumer.close()
