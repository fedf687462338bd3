import type { Attributes } from '@opentelemetry/api';
import { ByteWriter } from './byte-writer.ts';
import type { RecordedSpan, Scope } from './recorded-span.ts';
import { writeAttributes, writeSpan } from './span-writer.ts';

/** Spans that have ended, as the bytes of one OTLP export request in the making. */
export class SpanBatch {
  readonly #resource: Buffer;
  readonly #scopes = new Map<Scope, ByteWriter>();
  #spans = 0;

  /** @param resource what all spans of this process have in common */
  constructor(resource: Attributes) {
    this.#resource = encode((writer) => {
      writer.byte(0x0a);
      const start = writer.open();
      const items = Object.entries(resource).flatMap(([name, value]) => [name, value ?? '']);
      writeAttributes(writer, 0x0a, { items, length: items.length });
      writer.close(start);
    });
  }

  /** How many spans are in it. */
  get spans(): number {
    return this.#spans;
  }

  /** Writes a span. One that cannot be written, because of a value only it could tell of, leaves nothing behind. */
  add(span: RecordedSpan): void {
    this.addWritten(span.scope, span, writeSpan);
  }

  /** Adds a span of this scope in another form, which `write` can write as a `spans` element of a `ScopeSpans` message. */
  addWritten<Form>(scope: Scope, span: Form, write: (writer: ByteWriter, span: Form) => void): void {
    const writer = this.#scopes.get(scope) ?? this.#open(scope);
    const before = writer.length;
    try {
      write(writer, span);
      this.#spans += 1;
    } catch (thrown) {
      writer.truncate(before);
      throw thrown;
    }
  }

  #open(scope: Scope): ByteWriter {
    const writer = new ByteWriter();
    this.#scopes.set(scope, writer);
    return writer;
  }

  /**
   * The `ExportTraceServiceRequest` of all spans in it, as protobuf; the batch is empty afterwards.
   *
   * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-request
   */
  take(): Buffer {
    const parts = [this.#resource];
    for (const [scope, spans] of this.#scopes) {
      if (spans.length === 0) continue;
      const head = encode((writer) => writeScope(writer, scope));
      const tail = encode((writer) => writeSchemaUrl(writer, scope));
      parts.push(field(0x12, head.length + spans.length + tail.length), head, spans.view(), tail);
    }
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const request = Buffer.concat([field(0x0a, length), ...parts]);
    this.clear();
    return request;
  }

  /** Forgets all spans in it. */
  clear(): void {
    for (const writer of this.#scopes.values()) writer.truncate(0);
    this.#spans = 0;
  }
}

/** The tag and the length of a field whose content follows. */
function field(tag: number, length: number): Buffer {
  return encode((writer) => {
    writer.byte(tag);
    writer.varint(length);
  });
}

function encode(write: (writer: ByteWriter) => void): Buffer {
  scratch.truncate(0);
  write(scratch);
  return scratch.copy();
}

const scratch = new ByteWriter();

function writeScope(writer: ByteWriter, { name, version }: Scope): void {
  writer.byte(0x0a);
  const start = writer.open();
  writer.byte(0x0a);
  writer.text(name);
  if (version !== '') {
    writer.byte(0x12);
    writer.text(version);
  }
  writer.close(start);
}

function writeSchemaUrl(writer: ByteWriter, { schemaUrl }: Scope): void {
  if (schemaUrl === '') return;
  writer.byte(0x1a);
  writer.text(schemaUrl);
}
