"""Every field of every model in `schemas/` says what it is, and so do the JSON Schemas and the AsyncAPI document."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

import schemas
from tests.support.paths import ROOT


def models() -> Iterator[type[BaseModel]]:
    for module in pkgutil.iter_modules(schemas.__path__, "schemas."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.name:
                yield value


@pytest.mark.parametrize("model", list(models()), ids=lambda model: model.__name__)
def test_every_field_has_a_description(model: type[BaseModel]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("file", sorted((ROOT / "schemas").glob("**/*.json")), ids=lambda file: file.name)
def test_every_property_of_a_published_schema_has_a_description(file: Any) -> None:
    assert list(undescribed(json.loads(file.read_text(encoding="utf-8")))) == []


def undescribed(node: object, path: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        properties = node.get("properties") if node.get("type") == "object" else None
        for name, value in (properties or {}).items():
            if "description" not in value:
                yield f"{path}.{name}"
        for key, value in node.items():
            yield from undescribed(value, f"{path}.{key}")
    elif isinstance(node, list):
        for item in node:
            yield from undescribed(item, path)
