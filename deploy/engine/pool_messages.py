"""The four messages of Beam's worker pool service (beam_fn_api.proto), without Beam.

The pool needs nothing else of Beam, whose import takes 2 s of CPU time and 100 MB. Fields that the pool does not use
are left out; protobuf passes over them. A test compares the rest with Beam's own messages.
"""

from collections.abc import Callable
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf.descriptor_pb2 import (  # type: ignore[import-untyped]
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool  # type: ignore[import-untyped]
from google.protobuf.message_factory import GetMessageClass  # type: ignore[import-untyped]

SERVICE = "org.apache.beam.model.fn_execution.v1.BeamFnExternalWorkerPool"
PACKAGE = "borderwire.pool"
#: Message → its fields: name → (number, type: str or another message).
MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "ApiServiceDescriptor": {"url": (1, "str")},
    "StartWorkerRequest": {"worker_id": (1, "str"), "control_endpoint": (2, "ApiServiceDescriptor")},
    "StartWorkerResponse": {"error": (1, "str")},
    "StopWorkerRequest": {"worker_id": (1, "str")},
    "StopWorkerResponse": {"error": (1, "str")},
}


def _field(name: str, number: int, kind: str) -> FieldDescriptorProto:
    field = FieldDescriptorProto(name=name, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL)
    if kind == "str":
        field.type = FieldDescriptorProto.TYPE_STRING
    else:
        field.type, field.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
    return field


def _classes() -> dict[str, Any]:
    file = FileDescriptorProto(name="pool.proto", package=PACKAGE, syntax="proto3")
    for name, fields in MESSAGES.items():
        file.message_type.append(
            DescriptorProto(name=name, field=[_field(field, *rest) for field, rest in fields.items()])
        )
    pool = DescriptorPool()
    pool.Add(file)
    return {name: GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in MESSAGES}


_ALL = _classes()
StartWorkerRequest, StartWorkerResponse = _ALL["StartWorkerRequest"], _ALL["StartWorkerResponse"]
StopWorkerRequest, StopWorkerResponse = _ALL["StopWorkerRequest"], _ALL["StopWorkerResponse"]


def handler(start: Callable[[Any, Any], Any], stop: Callable[[Any, Any], Any]) -> Any:
    """The service for a grpc server. Both functions take a request and grpc's context, and return a response."""

    def method(function: Callable[[Any, Any], Any], request: Any, response: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(
            function, request_deserializer=request.FromString, response_serializer=response.SerializeToString
        )

    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            "StartWorker": method(start, StartWorkerRequest, StartWorkerResponse),
            "StopWorker": method(stop, StopWorkerRequest, StopWorkerResponse),
        },
    )
