"""JSON Schema of every topic's value, from the models."""
import json
from pathlib import Path

from schemas.codec import MODELS


def schema_of(topic: str) -> dict[str, object]:
    """The JSON Schema (2020-12) of what stands on a topic."""
    schema = MODELS[topic].model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def export(directory: Path) -> list[Path]:
    """Write one file a topic; returns their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for topic in MODELS:
        path = directory / f"{topic}.json"
        path.write_text(json.dumps(schema_of(topic), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        paths.append(path)
    return paths
