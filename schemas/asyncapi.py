"""Generates the AsyncAPI 3 document of all topics, from the same models as the JSON Schemas."""

from typing import Any

from pydantic.json_schema import models_json_schema

from schemas.cloudevents import HEADERS
from schemas.codec import MODELS

VERSION = "1.1.0"
#: Topic → description of its key.
KEYS = {
    "alerts": "the alert's id",
    "statements": "the statement's id",
    "marks": "the alert's id",
    "articles.raw": "the article's id",
    "articles.tagged": "the article's id",
    "articles.outcomes": "topic-partition-offset of the raw record",
    "articles.dead-letter": "the article's id",
    "deliveries.dead-letter": "route, topic and alert id",
    "feeds.state": "the feed's URL",
    "feeds.events": "the feed's URL",
}


def document() -> dict[str, Any]:
    """The whole document, as JSON; schemas and messages are components, channels and operations refer to them."""
    models = [(model, "serialization") for model in MODELS.values()]
    _, schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Borderwire",
            "version": VERSION,
            "description": "Who says something new about the Mérida Initiative or US–Mexico arms trafficking. "
            "Names of topics may have a prefix, kafka.topic_prefix in the settings.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {name: channel(topic) for topic in MODELS for name in [name_of(topic)]},
        "operations": {f"receive-{name_of(topic)}": operation(topic) for topic in MODELS},
        "components": {
            "messages": {name_of(topic): message(topic) for topic in MODELS},
            "schemas": schemas["$defs"],
        },
    }


def name_of(topic: str) -> str:
    """A name that may be a component's key and part of a reference."""
    return topic.replace(".", "-")


def channel(topic: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "address": "alerts.{topic}" if topic == "alerts" else topic,
        "messages": {name_of(topic): {"$ref": f"#/components/messages/{name_of(topic)}"}},
    }
    if topic == "alerts":
        found["parameters"] = {"topic": {"description": "A topic of the taxonomy, such as merida."}}
    return found


def operation(topic: str) -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{name_of(topic)}"},
        "messages": [{"$ref": f"#/channels/{name_of(topic)}/messages/{name_of(topic)}"}],
    }


def message(topic: str) -> dict[str, Any]:
    """One record: its key, its headers where it is a CloudEvent, its value."""
    found: dict[str, Any] = {
        "name": MODELS[topic].__name__,
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{MODELS[topic].__name__}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": KEYS[topic]}}},
    }
    if topic == "alerts":
        properties = {name: {"type": "string", "description": text} for name, text in HEADERS.items()}
        required = [name for name in HEADERS if name != "ce_subject"]
        found["headers"] = {"type": "object", "properties": properties, "required": required}
    return found
