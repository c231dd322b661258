"""The contract with subscribers: valid CloudEvents, JSON Schema and AsyncAPI, and no field is ever removed."""

import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from jsonschema import Draft7Validator, Draft202012Validator

from deploy.alerts.marks import mark_of
from schemas.alert import CONTRACT_VERSION, Alert, AlertStatement
from schemas.asyncapi import document
from schemas.cloudevents import HEADERS, headers_of
from schemas.codec import MODELS, decode, encode
from schemas.export import write_schemas
from schemas.mark import JUDGEMENTS, Mark
from tests.schemas.alert_v1 import AlertStatementV1, AlertV1
from tests.support.alerts import NOW, alert
from tests.support.paths import ROOT, TESTS

SCHEMAS = {path.stem: json.loads(path.read_text()) for path in (ROOT / "schemas" / "json").glob("*.json")}
RECORDS = sorted((TESTS / "schemas" / "records").glob("*.json"))
RELEASED = sorted((TESTS / "whole" / "released").glob("*/*.json"))
ASYNCAPI = "@asyncapi/specs@6.11.1"


def topic_of(record: Path) -> str:
    return record.name.rsplit(".v", 1)[0]


@pytest.mark.parametrize("topic", SCHEMAS)
def test_each_schema_is_one_by_the_metaschema(topic):
    Draft202012Validator.check_schema(SCHEMAS[topic])


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_old_and_new_records_are_valid_by_the_schema_of_now(record):
    validator = Draft202012Validator(SCHEMAS[topic_of(record)])
    validator.validate(json.loads(record.read_bytes()))
    validator.validate(json.loads(encode(decode(MODELS[topic_of(record)], record.read_bytes()))))


@pytest.mark.parametrize("schema", RELEASED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_new_records_are_valid_by_every_released_schema(schema):
    """A reader that checks against the schema of its day must not stumble over today's records."""
    for record in RECORDS:
        if topic_of(record) == schema.stem:
            value = encode(decode(MODELS[schema.stem], record.read_bytes()))
            Draft202012Validator(json.loads(schema.read_text())).validate(json.loads(value))


def test_a_program_for_version_1_reads_version_2_and_learns_what_it_always_learned():
    value = (TESTS / "schemas" / "records" / "alerts.v2.json").read_bytes()
    whole = decode(Alert, value)
    old = AlertV1.model_validate_json(value)
    assert whole.contract_version == CONTRACT_VERSION == 2 and old.v == 1
    assert set(AlertV1.model_fields) < set(Alert.model_fields)
    assert old.model_dump(mode="json") == trimmed(json.loads(whole.model_dump_json()), AlertV1.model_json_schema())


def trimmed(value: object, schema: dict, root: dict | None = None) -> object:
    """What of a value a program knows that has this JSON Schema."""
    root = root or schema
    schema = followed(schema, root)
    for other in schema.get("anyOf", ()):
        if value is not None and other.get("type") != "null":
            return trimmed(value, other, root)
    if isinstance(value, dict) and "properties" in schema:
        return {name: trimmed(value[name], inner, root) for name, inner in schema["properties"].items()}
    return [trimmed(one, schema["items"], root) for one in value] if isinstance(value, list) else value


def test_a_version_2_record_has_all_that_version_2_adds():
    value = json.loads((TESTS / "schemas" / "records" / "alerts.v2.json").read_bytes())
    assert set(Alert.model_fields) - set(AlertV1.model_fields) <= value.keys()
    added = {"verb", "sense", "negated", "supposed", "confidence", "twin"}
    assert set(AlertStatement.model_fields) - set(AlertStatementV1.model_fields) == added
    assert added <= value["statements"][0].keys()
    assert value["speaker"]["known"] == "inferred"


def test_version_1_is_read_with_the_new_fields_empty():
    alert = decode(Alert, (TESTS / "schemas" / "records" / "alerts.v1.json").read_bytes())
    (statement,) = alert.statements
    assert (alert.contract_version, alert.topic_titles) == (1, {})
    assert (statement.sense, statement.negated, statement.confidence, statement.twin) == (None, None, None, None)
    assert json.loads(encode(alert))["contract_version"] == 1


@pytest.mark.parametrize("judgement", JUDGEMENTS)
def test_a_mark_that_says_what_is_wrong_is_one_for_older_programs_and_their_marks_for_us(judgement):
    made = mark_of(alert(), judgement, "note", "María", NOW)
    schema = json.loads((TESTS / "whole" / "released" / "0.1.0" / "marks.json").read_text())
    Draft202012Validator(schema).validate(json.loads(encode(made)))
    assert made.judgement == judgement
    old = {name: value for name, value in json.loads(encode(made)).items() if name not in ("fault", "reader")}
    assert decode(Mark, json.dumps(old).encode()).judgement == made.verdict


@pytest.mark.parametrize("schema", RELEASED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nothing_that_was_released_is_taken_away(schema):
    old, new = json.loads(schema.read_text()), SCHEMAS[schema.stem]
    assert broken(old, new, old, new) == []


def broken(old: dict, new: dict, old_root: dict, new_root: dict, where: str = "") -> list[str]:
    """Where a reader of the old schema would miss a field, find another type, or a field optional that always came."""
    old, new = followed(old, old_root), followed(new, new_root)
    if where.count(".") > 12:
        return []
    found = []
    if "type" in old and old["type"] != new.get("type"):
        found.append(f"{where}: {old['type']} became {new.get('type')}")
    for name in set(old.get("required", ())) - set(new.get("required", ())):
        found.append(f"{where}.{name}: always came, now sometimes")
    for name, inner in old.get("properties", {}).items():
        if name not in new.get("properties", {}):
            found.append(f"{where}.{name}: gone")
        else:
            found += broken(inner, new["properties"][name], old_root, new_root, f"{where}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(old.get(key), dict):
            found += broken(old[key], new.get(key) or {}, old_root, new_root, f"{where}.{key}")
    for one, other in zip(old.get("anyOf", ()), new.get("anyOf", ()), strict=False):
        found += broken(one, other, old_root, new_root, where)
    return found


def followed(schema: dict, root: dict) -> dict:
    return root["$defs"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema


def test_the_check_of_compatibility_can_fail():
    old = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a"]}
    new = {"type": "object", "properties": {"a": {"type": "number"}}, "required": []}
    assert broken(old, new, old, new) == [".a: always came, now sometimes", ".a: string became number", ".b: gone"]


@pytest.mark.parametrize("one", [alert(), alert(2, speaker=None), alert(3, kind="corrected", speaker="Ñ")])
def test_an_alert_is_a_cloud_event_in_binary_mode(one):
    headers = dict(headers_of("alerts.merida", encode(one)))
    event = from_binary_event(KafkaMessage(headers=headers, key=one.id.encode(), value=encode(one)))
    assert (event.get_specversion(), event.get_id()) == ("1.0", one.id)
    assert event.get_type() == f"borderwire.alert.{one.kind}"
    assert event.get_source() == "urn:borderwire:alerts.merida"
    assert event.get_time() == one.alerted > NOW
    assert event.get_subject() == (one.speaker.name if one.speaker else None)
    assert event.get_data() == json.loads(encode(one))
    assert set(headers) <= set(HEADERS)
    assert SCHEMAS["alerts"]["$id"] == event.get_dataschema() == "urn:borderwire:schema:alerts:v2"
    older = dict(headers_of("alerts.merida", (TESTS / "schemas" / "records" / "alerts.v1.json").read_bytes()))
    assert older["ce_dataschema"] == b"urn:borderwire:schema:alerts:v1"


def test_only_alerts_have_headers():
    assert headers_of("statements", encode(alert())) == []
    assert headers_of("alerts.merida", b"\xff") == []


def test_the_committed_asyncapi_document_is_that_of_the_models(tmp_path):
    write_schemas(tmp_path)
    assert (tmp_path / "asyncapi.json").read_text() == (ROOT / "schemas" / "json" / "asyncapi.json").read_text(), (
        "run: borderwire schemas schemas/json"
    )


def test_each_reference_in_the_asyncapi_document_leads_somewhere():
    whole = document()
    references = list(refs(whole))
    assert len(references) > 50
    for reference in references:
        place = whole
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    for name, schema in whole["components"]["schemas"].items():
        Draft7Validator.check_schema(schema), name


def refs(value: object):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from refs(inner)


@pytest.fixture(scope="module")
def specification(tmp_path_factory) -> dict:
    """AsyncAPI's own JSON Schema of a document, from its package."""
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine: AsyncAPI's own schema comes as an npm package")
    place = tmp_path_factory.mktemp("asyncapi")
    packed = subprocess.run(["npm", "pack", "--silent", ASYNCAPI], cwd=place, capture_output=True, text=True)
    if packed.returncode:
        pytest.skip(f"{ASYNCAPI} could not be had: {packed.stderr.strip()[-200:]}")
    with tarfile.open(next(place.glob("*.tgz"))) as archive:
        return json.load(archive.extractfile("package/schemas/3.0.0-without-$id.json"))


@pytest.mark.slow
@pytest.mark.light
def test_the_asyncapi_document_is_valid_by_the_specifications_own_schema(specification):
    validator = Draft7Validator(specification)
    assert [f"{list(e.absolute_path)}: {e.message[:200]}" for e in validator.iter_errors(document())] == []
    spoilt = document()
    spoilt["operations"]["receive-alerts"]["action"] = "listen"
    assert list(validator.iter_errors(spoilt))
