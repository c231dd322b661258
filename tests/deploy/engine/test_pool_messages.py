"""The pool's own copy of four of Beam's messages says the same on the wire."""

import pytest
from apache_beam.portability.api import beam_fn_api_pb2, endpoints_pb2

from deploy.engine import pool_messages


def test_the_service_is_called_as_in_beam() -> None:
    service = beam_fn_api_pb2.DESCRIPTOR.services_by_name["BeamFnExternalWorkerPool"]
    assert service.full_name == pool_messages.SERVICE
    assert [(m.name, m.input_type.name, m.output_type.name) for m in service.methods] == [
        ("StartWorker", "StartWorkerRequest", "StartWorkerResponse"),
        ("StopWorker", "StopWorkerRequest", "StopWorkerResponse"),
    ]


@pytest.mark.parametrize("name", pool_messages.MESSAGES)
def test_fields_have_beams_names_and_numbers(name: str) -> None:
    theirs = endpoints_pb2 if name == "ApiServiceDescriptor" else beam_fn_api_pb2
    fields = theirs.DESCRIPTOR.message_types_by_name[name].fields_by_name
    for field, (number, kind) in pool_messages.MESSAGES[name].items():
        assert fields[field].number == number
        assert (fields[field].message_type.name if fields[field].message_type else "str") == kind


def test_beams_bytes_are_understood() -> None:
    request = beam_fn_api_pb2.StartWorkerRequest(worker_id="1-1")
    request.control_endpoint.url = "localhost:4"
    request.params["more"] = "is passed over"
    ours = pool_messages.StartWorkerRequest.FromString(request.SerializeToString())
    assert (ours.worker_id, ours.control_endpoint.url) == ("1-1", "localhost:4")
    answer = pool_messages.StartWorkerResponse(error="no memory").SerializeToString()
    assert beam_fn_api_pb2.StartWorkerResponse.FromString(answer).error == "no memory"
