"""Orders that a process gives to a running instance with nothing but sockets: `python -m tests.support.orders PORTS`.

PORTS is JSON: {"jobs": N, "artifacts": N, "rest": N, "kafka": N, "workers": N, "job": FLINK-ID, "all": [N…]}. Prints
JSON: order -> "done: what came" or "refused: why". Nothing is imported that another user might not read but grpc, Beam
and kafka-python.
"""

import json
import logging
import socket
import sys
import urllib.request
from collections.abc import Callable
from typing import Any

TIMEOUT = 5

Ports = dict[str, Any]


def tried(order: Callable[[Ports], object], ports: Ports) -> str:
    try:
        return f"done: {str(order(ports))[:200]}"
    except Exception as error:
        return f"refused: {type(error).__name__}: {str(error)[:200]}"


def list_jobs(ports: Ports) -> object:
    from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc

    stub = beam_job_api_pb2_grpc.JobServiceStub(channel(ports["jobs"]))
    return stub.GetJobs(beam_job_api_pb2.GetJobsRequest(), timeout=TIMEOUT)


def submit(ports: Ports) -> object:
    from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc

    stub = beam_job_api_pb2_grpc.JobServiceStub(channel(ports["jobs"]))
    request = beam_job_api_pb2.PrepareJobRequest(job_name="a-job-of-somebody")
    request.pipeline_options["beam:option:flink_master:v1"] = "[collection]"
    return stub.Prepare(request, timeout=TIMEOUT)


def read_a_file(ports: Ports) -> object:
    """Each port of the Java engine may serve artifacts."""
    from apache_beam.portability.api import (
        beam_artifact_api_pb2,
        beam_artifact_api_pb2_grpc,
        beam_runner_api_pb2,
    )

    where = beam_runner_api_pb2.ArtifactFilePayload(path="/etc/passwd")
    artifact = beam_runner_api_pb2.ArtifactInformation(
        type_urn="beam:artifact:type:file:v1", type_payload=where.SerializeToString()
    )
    request = beam_artifact_api_pb2.GetArtifactRequest(artifact=artifact)
    reasons = []
    for port in [ports["artifacts"], *ports["all"]]:
        stub = beam_artifact_api_pb2_grpc.ArtifactRetrievalServiceStub(channel(port))
        try:
            return b"".join(answer.data for answer in stub.GetArtifact(request, timeout=TIMEOUT))
        except Exception as error:
            reasons.append(f"{port}: {str(error)[:80]}")
    raise PermissionError("; ".join(reasons))


def start_a_worker(ports: Ports) -> object:
    from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc

    stub = beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub(channel(ports["workers"]))
    request = beam_fn_api_pb2.StartWorkerRequest(worker_id="somebodys")
    request.control_endpoint.url = "127.0.0.1:1"
    return stub.StartWorker(request, timeout=TIMEOUT)


def channel(port: int) -> Any:
    import grpc

    return grpc.insecure_channel(f"127.0.0.1:{port}")


def ask_flink(ports: Ports) -> object:
    return rest(ports, "GET", "/jobs/overview")


def stop_by_flink(ports: Ports) -> object:
    """With a job that is not there: what counts is whether Flink looks for it."""
    try:
        return rest(ports, "PATCH", f"/jobs/{'0' * 32}?mode=cancel")
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return error
        raise


def ask_flink_by_another_name(ports: Ports) -> object:
    return rest(ports, "GET", "/jobs/overview", Host=f"rebound.example:{ports['rest']}")


def post_from_a_web_page(ports: Ports) -> object:
    return rest(ports, "POST", f"/jobs/{'0' * 32}/stop", b"{}", Origin="http://page.example")


def get_from_a_web_page(ports: Ports) -> object:
    return rest(ports, "GET", "/jobs/overview", **{"Sec-Fetch-Site": "cross-site"})


def cancel_by_get(ports: Ports) -> object:
    return rest(ports, "GET", f"/jobs/{'0' * 32}/yarn%2Dcancel")


def rest(ports: Ports, method: str, path: str, body: bytes | None = None, **headers: str) -> object:
    url = f"http://127.0.0.1:{ports['rest']}{path}"
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        return answer.read()


def read_kafka(ports: Ports) -> object:
    """An ApiVersions request, by hand: what Kafka answers without knowing anybody."""
    head = b"\x00\x12\x00\x00\x00\x00\x00\x07\x00\x01x"  # key 18, version 0, correlation id 7, client id "x"
    with socket.create_connection(("127.0.0.1", ports["kafka"]), TIMEOUT) as connection:
        connection.sendall(len(head).to_bytes(4, "big") + head)
        answer = connection.recv(100)
    if not answer:
        raise ConnectionResetError("closed without a word")
    return answer


#: Everybody's requests that only our own user may make, and those of a browser, which nobody may.
OWN: dict[str, Callable[[Ports], object]] = {
    f.__name__: f for f in (list_jobs, submit, read_a_file, ask_flink, stop_by_flink, read_kafka, start_a_worker)
}
BROWSER: dict[str, Callable[[Ports], object]] = {
    f.__name__: f for f in (ask_flink_by_another_name, post_from_a_web_page, get_from_a_web_page, cancel_by_get)
}


def answers(port: int) -> str:
    """What a port says to a request that every kind of server answers, if only by an error."""
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
            connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
            connection.shutdown(socket.SHUT_WR)
            return repr(connection.recv(100))
    except OSError as error:
        return type(error).__name__


def main() -> None:
    logging.disable(logging.WARNING)
    ports = json.loads(sys.argv[1])
    found = {name: tried(order, ports) for name, order in (OWN | BROWSER).items()}
    found["ports"] = {str(port): answers(port) for port in ports["all"]}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
