"""A service on FastAPI and OpenTelemetry for Python: the stranger in the middle of a trace.

It propagates as OTEL_PROPAGATORS says. GET /relay?next=<url> calls that URL and answers what it saw itself and what the
other answered; GET /spans?trace_id=<hex> answers which of its spans were recorded.
"""

import os
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from opentelemetry import baggage, context, trace
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

finished = InMemorySpanExporter()
provider = TracerProvider(resource=Resource.create({"service.name": "python"}))
provider.add_span_processor(SimpleSpanProcessor(finished))
trace.set_tracer_provider(provider)
HTTPXClientInstrumentor().instrument()
app = FastAPI()


@app.get("/relay")
async def relay(next: str | None = None) -> dict[str, Any]:
    span = trace.get_current_span().get_span_context()
    # Baggage as it arrived, and an entry of this service for those behind it.
    seen = dict(baggage.get_all())
    answer = None
    if next is not None:
        from opentelemetry import context

        token = context.attach(baggage.set_baggage("through", "python✓"))
        try:
            async with httpx.AsyncClient(timeout=10) as client:
                answer = (await client.get(next)).json()
        finally:
            context.detach(token)
    return {
        "service": "python",
        "traceId": f"{span.trace_id:032x}",
        "sampled": span.trace_flags.sampled,
        "baggage": seen,
        "next": answer,
    }


@app.get("/spans")
def spans(trace_id: str) -> list[dict[str, Any]]:
    return [
        {
            "name": span.name,
            "kind": span.kind.name,
            "spanId": f"{span.context.span_id:016x}",
            "parentSpanId": f"{span.parent.span_id:016x}" if span.parent else None,
        }
        for span in finished.get_finished_spans()
        if f"{span.context.trace_id:032x}" == trace_id
    ]


@app.get("/health")
def health() -> str:
    return "ok"


# The spans of the ASGI messages themselves would stand between a request and its call.
FastAPIInstrumentor.instrument_app(app, excluded_urls="/health,/spans", exclude_spans=["receive", "send"])
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
