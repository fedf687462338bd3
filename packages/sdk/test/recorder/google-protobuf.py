"""Reads OTLP export requests with Google's protobuf and the published messages, and says what is wrong with them.

Standard input has requests, each behind one byte for its kind (p: protobuf, j: JSON) and its length as four bytes, big
endian. Standard output gets one JSON object: how much there was of what, and all violations in words.
"""

import base64
import json
import struct
import sys
from collections import Counter
from typing import Any, Iterator

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

counts: Counter[str] = Counter()
violations: list[str] = []


def violated(rule: str, detail: object = "") -> None:
    if len(violations) < 100:
        violations.append(f"{rule}: {detail}"[:300])


def requests() -> Iterator[tuple[str, bytes]]:
    while header := sys.stdin.buffer.read(5):
        kind, length = struct.unpack(">cI", header)
        yield kind.decode(), sys.stdin.buffer.read(length)


def read(kind: str, body: bytes) -> ExportTraceServiceRequest:
    if kind == "p":
        return ExportTraceServiceRequest.FromString(body)  # refuses strings that are no UTF-8
    # OTLP writes ids as hex, where protobuf's JSON has base64.
    return json_format.ParseDict(with_base64_ids(json.loads(body)), ExportTraceServiceRequest())


def with_base64_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [with_base64_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(item)).decode()
        if key in ("traceId", "spanId", "parentSpanId")
        else with_base64_ids(item)
        for key, item in value.items()
    }


def check_unknown(message: Message) -> None:
    for field in UnknownFieldSet(message):
        violated("unknown field", f"{field.field_number} of {message.DESCRIPTOR.full_name}")
    for field, value in message.ListFields():
        if field.message_type is not None:
            for item in value if field.is_repeated else [value]:
                check_unknown(item)


def check_id(what: str, value: bytes, length: int) -> None:
    if len(value) != length or not any(value):
        violated(f"{what} must be {length} bytes, not all zero", value.hex())


def check_attributes(what: str, attributes: Any) -> None:
    keys = [attribute.key for attribute in attributes]
    if len(set(keys)) != len(keys):
        violated(f"attribute keys of {what} must be unique", keys)
    for attribute in attributes:
        if attribute.key == "":
            violated(f"attribute keys of {what} must not be empty")
        kind = attribute.value.WhichOneof("value")
        if kind is None:
            violated(f"attributes of {what} must have a value", attribute.key)
        counts[f"attributes: {kind}"] += 1


def check_flags(what: str, flags: int) -> None:
    if flags >> 10:
        violated(f"bits 10 to 31 of the flags of {what} must be zero", hex(flags))


def check_span(span: Span) -> None:
    check_id("trace_id", span.trace_id, 16)
    check_id("span_id", span.span_id, 8)
    if span.parent_span_id:
        check_id("parent_span_id", span.parent_span_id, 8)
    if span.kind not in Span.SpanKind.values() or span.kind == Span.SPAN_KIND_UNSPECIFIED:
        violated("kind must be a known one", span.kind)
    if span.status.code not in Status.StatusCode.values():
        violated("the status code must be a known one", span.status.code)
    if span.status.message and span.status.code != Status.STATUS_CODE_ERROR:
        violated("only errors have a status message", span.status)
    if not 0 < span.start_time_unix_nano <= span.end_time_unix_nano:
        violated("times must be there and ordered", (span.start_time_unix_nano, span.end_time_unix_nano))
    check_flags("spans", span.flags)
    check_attributes("spans", span.attributes)
    for event in span.events:
        counts["events"] += 1
        counts["dropped: event attributes"] += event.dropped_attributes_count > 0
        if event.time_unix_nano == 0:
            violated("events must have a time", event.name)
        check_attributes("events", event.attributes)
    for link in span.links:
        counts["links"] += 1
        counts["dropped: link attributes"] += link.dropped_attributes_count > 0
        check_id("trace_id of links", link.trace_id, 16)
        check_id("span_id of links", link.span_id, 8)
        check_flags("links", link.flags)
        check_attributes("links", link.attributes)
    for what in ("attributes", "events", "links"):
        counts[f"dropped: {what}"] += getattr(span, f"dropped_{what}_count") > 0
    counts["spans"] += 1


for kind, body in requests():
    counts["requests"] += 1
    try:
        request = read(kind, body)
    except (DecodeError, json_format.ParseError, ValueError) as error:
        violated("unreadable", error)
        continue
    check_unknown(request)
    for resource_spans in request.resource_spans:
        check_attributes("resources", resource_spans.resource.attributes)
        if not any(each.key == "service.name" for each in resource_spans.resource.attributes):
            violated("a resource must have service.name")
        for scope_spans in resource_spans.scope_spans:
            if scope_spans.scope.name == "":
                violated("a scope must have a name")
            for span in scope_spans.spans:
                check_span(span)
print(json.dumps({"counts": counts, "violations": violations}))
