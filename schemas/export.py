"""Writes the JSON Schema of each topic's values and the AsyncAPI document, generated from the models."""

import json
from pathlib import Path

from schemas.alert import CONTRACT_VERSION
from schemas.asyncapi import document
from schemas.codec import MODELS


def schema_of(topic: str) -> dict[str, object]:
    """The JSON Schema (2020-12) of the records of a topic."""
    model = MODELS[topic]
    version = CONTRACT_VERSION if topic == "alerts" else model.model_fields["v"].default
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:borderwire:schema:{topic}:v{version}",
        **model.model_json_schema(mode="serialization"),
    }


def write_schemas(directory: Path) -> list[Path]:
    """Write one file a topic and `asyncapi.json` into the directory; returns their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    files = {directory / f"{topic}.json": schema_of(topic) for topic in MODELS}
    files[directory / "asyncapi.json"] = document()
    for path, content in files.items():
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return list(files)
