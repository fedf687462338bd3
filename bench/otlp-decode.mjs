// How fast OTLP protobuf is decoded, beside protobufjs. Run after a build:
//   node bench/otlp-decode.mjs [spans per request]
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import {
  decodeOtlpJson,
  decodeOtlpProtobuf,
  encodeOtlpJson,
  encodeOtlpProtobuf,
} from '../packages/analysis/dist/index.js';

const require = createRequire(new URL('../packages/analysis/package.json', import.meta.url));
const protobuf = require('protobufjs');

const COUNT = Number(process.argv[2] ?? 512); // what the SDK's batch processor sends at once

const RESOURCE = { service: 'shop', attributes: { 'service.name': 'shop', 'host.name': 'a1', 'process.pid': 4711 } };
const SCOPE = { name: '@throughline/fastify', version: '1.0.0' };
const spans = Array.from({ length: COUNT }, (_, index) => (index % 2 === 0 ? serverSpan(index) : databaseSpan(index)));
const bytes = encodeOtlpProtobuf(spans);
const json = JSON.stringify(encodeOtlpJson(spans));
const TracesData = protobufjsType();

console.log(`${COUNT} spans of ${Math.round(bytes.length / COUNT)} bytes, Node.js ${process.version}`);
measure('decodeOtlpProtobuf', () => decodeOtlpProtobuf(bytes));
measure('protobufjs (only its message objects)', () => TracesData.decode(bytes));
measure('decodeOtlpJson', () => decodeOtlpJson(json));
measure('encodeOtlpProtobuf', () => encodeOtlpProtobuf(spans));

// The median of turns of eight rounds, in time of the processor: other work on the machine disturbs some of them.
function measure(name, round) {
  const times = [];
  for (let warmUp = 0; warmUp < 100; warmUp++) round();
  for (let turn = 0; turn < 100; turn++) {
    const started = process.cpuUsage();
    for (let part = 0; part < 8; part++) round();
    const { user, system } = process.cpuUsage(started);
    times.push((user + system) / 8000);
  }
  times.sort((a, b) => a - b);
  const perSecond = (at) => `${Math.round(COUNT / times[at])} k`.padStart(8);
  console.log(`${name.padEnd(40)} median ${perSecond(50)} spans/s, best ${perSecond(0)}`);
}

function serverSpan(index) {
  return span(index, 'GET /users/:id', 'server', {
    'http.request.method': 'GET',
    'http.route': '/users/:id',
    'http.response.status_code': 200,
    'url.path': `/users/${index * 7919}`,
    'url.scheme': 'https',
    'server.address': 'api.example.com',
    'server.port': 443,
    'client.address': `10.1.${index & 255}.${index >> 8}`,
    'network.protocol.version': '1.1',
    'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)',
  });
}

function databaseSpan(index) {
  return span(index, 'SELECT users', 'client', {
    'db.system.name': 'postgresql',
    'db.namespace': 'shop',
    'db.operation.name': 'SELECT',
    'db.collection.name': 'users',
    'db.query.text': 'SELECT id, name, mail FROM users WHERE id = $1',
    'server.address': 'db.internal',
    'server.port': 5432,
  });
}

function span(index, name, kind, attributes) {
  const startUnixNano = 1_767_225_600_000_000_000n + BigInt(index) * 1_000_003n;
  return {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    parentSpanId: index % 5 === 0 ? undefined : randomBytes(8).toString('hex'),
    flags: 0x101,
    name,
    kind,
    startUnixNano,
    endUnixNano: startUnixNano + 5_000_000n,
    status: index % 50 === 0 ? 'error' : 'unset',
    attributes,
    events: [],
    links: [],
    resource: RESOURCE,
    scope: SCOPE,
  };
}

function protobufjsType() {
  return protobuf
    .parse(`
    syntax = "proto3";
    message TracesData { repeated ResourceSpans resource_spans = 1; }
    message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
    message ScopeSpans { Scope scope = 1; repeated Span spans = 2; }
    message Resource { repeated KeyValue attributes = 1; }
    message Scope { string name = 1; string version = 2; }
    message KeyValue { string key = 1; AnyValue value = 2; }
    message AnyValue {
      oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; }
    }
    message Span {
      bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; fixed32 flags = 16;
      string name = 5; int32 kind = 6; fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
      repeated KeyValue attributes = 9; Status status = 15;
    }
    message Status { string message = 2; int32 code = 3; }
  `)
    .root.lookupType('TracesData');
}
