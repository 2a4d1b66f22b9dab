"""Goal: deploy/asyncapi.yaml says what the program does: topics, headers, reasons, types, messages."""

import re
import subprocess
import sys

import pytest

from conftest import ROOT, load

DOCUMENT = load("asyncapi.yaml")
SOURCES = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.c")}
HEADER = r'"((?:ce_|grpc-|mentor-|content-type|traceparent|tracestate)[a-z-]*)"'


def message(name):
    return DOCUMENT["components"]["messages"][name]


def headers(name):
    return message(name)["headers"]["properties"]


def function(file, name):
    """The text of one function of the sources."""
    return re.search(rf"^(?:[a-z][^\n]*\b)?{name}\([^;{{]*\n{{.*?^}}", SOURCES[file], re.MULTILINE | re.DOTALL)[0]


def test_it_is_asyncapi_3_and_its_references_lead_somewhere():
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"info", "servers", "channels", "operations", "components"} <= set(DOCUMENT)
    assert {operation["action"] for operation in DOCUMENT["operations"].values()} == {"send", "receive"}
    seen = 0

    def walk(node):
        nonlocal seen
        if isinstance(node, dict):
            target = DOCUMENT
            if "$ref" in node:
                assert node["$ref"].startswith("#/")
                for part in node["$ref"][2:].split("/"):
                    target = target[part]
                seen += 1
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)
    walk(DOCUMENT)
    assert seen > 30


def test_topics_are_the_defaults(program):
    for kind, channel in DOCUMENT["channels"].items():
        assert channel["address"] == program.worker[f"topic-{kind}"] == channel["bindings"]["kafka"]["topic"]
    assert DOCUMENT["operations"]["decideApplication"]["bindings"]["kafka"]["groupId"]["default"] == program.worker["group"]


def test_the_version_is_the_programs():
    version = re.search(r"project\(mentord VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))[1]
    assert DOCUMENT["info"]["version"] == version


def test_headers_that_are_read_are_told():
    known = set(re.findall(r'NAME\("([^"]+)"\)', SOURCES["headers.c"]))
    told = set(headers("Application"))
    assert len(known) > 8 and known <= told
    elsewhere = set(re.findall(HEADER, SOURCES["attribute.c"]))
    assert told - known <= elsewhere, "told, and nowhere in the sources"


def test_required_headers_are_those_of_the_refusal():
    """The reason's own words name them."""
    text = (ROOT / "include/mentor/core/status.h").read_text(encoding="utf-8")
    named = re.search(r"a required header \(([^)]*)\)", text)[1].split(", ")
    assert message("Application")["headers"]["required"] == named


def test_headers_of_outcomes_are_told():
    written = set(re.findall(HEADER, function("outcome.c", "decision_record")))
    written |= set(re.findall(HEADER, function("outcome.c", "add_time")))
    written |= set(re.findall(HEADER, function("judge.c", "judge_trace")))  # kept with the decision
    assert len(written) > 8 and written == set(headers("Decision"))
    optional = {"mentor-late-ms", "traceparent", "tracestate"}
    assert set(message("Decision")["headers"]["required"]) == written - optional


def test_headers_of_refusals_are_told():
    ours = set(re.findall(HEADER, function("outcome.c", "is_ours")))
    assert ours == set(message("RefusedApplication")["headers"]["required"])
    assert set(headers("RefusedApplication")) == ours | set(re.findall(HEADER, SOURCES["stub.c"])) - {"mentor-", "grpc-"}


def test_reasons_are_those_that_a_record_can_have(program):
    lines_only = {"line-too-large", "json-invalid"}
    sent = {reason for reason, status in program.reasons.items() if status != "ALREADY_EXISTS"} - lines_only
    assert set(headers("RefusedApplication")["mentor-reason"]["enum"]) == sent


def test_types_are_those_of_the_program():
    types = {name: value for name, value in
             re.findall(r'#define CLOUDEVENT_(\w+)\s+"([^"]+)"', (ROOT / "include/mentor/wire/cloudevent.h").read_text(encoding="utf-8"))}
    assert headers("Application")["ce_type"]["const"] == types["SUBMITTED"]
    assert set(headers("Decision")["ce_type"]["enum"]) == {types["APPROVED"], types["REJECTED"], types["REFERRED"]}


def test_anchors_are_told_as_they_are_written():
    payload = message("Anchor")["payload"]["properties"]
    written = "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', function("anchor.c", "anchor_write"))).replace("\\", "")
    names = set(re.findall(r'"(\w+)":', written)) - {"data", "subject", "time", "datacontenttype"}
    assert set(payload["data"]["properties"]) == names - {"specversion", "id", "source", "type", "keyid", "signature"}
    assert {"keyid", "signature"} <= names
    assert f'"{payload["type"]["const"]}"' in SOURCES["anchor.c"]
    assert message("Anchor")["contentType"] in SOURCES["anchor_desk.c"]


def test_limits_are_those_of_the_program():
    text = (ROOT / "include/mentor/app/envelope.h").read_text(encoding="utf-8")
    limit = {name: int(value) for name, value in re.findall(r"(ENVELOPE_\w+) = (\d+)", text)}
    for name in ("ce_id", "ce_source"):
        assert headers("Application")[name]["maxLength"] == limit["ENVELOPE_HEADER_MAX"]
    assert message("Application")["bindings"]["kafka"]["key"]["maxLength"] == limit["ENVELOPE_KEY_MAX"]


def test_the_method_is_the_services():
    proto = (ROOT / "proto/mentor/v1/service.proto").read_text(encoding="utf-8")
    service, method = re.search(r"service (\w+)", proto)[1], re.search(r"rpc (\w+)", proto)[1]
    assert headers("Application")["grpc-method"]["const"] == f"/mentor.v1.{service}/{method}"


def test_messages_are_those_of_the_protos():
    pytest.importorskip("grpc_tools")
    done = subprocess.run([sys.executable, ROOT / "tests" / "deploy" / "schemas"], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 0, "run tests/deploy/schemas --write"
