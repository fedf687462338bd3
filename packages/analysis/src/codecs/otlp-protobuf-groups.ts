import type { Resource, Scope } from '../span.ts';
import { newBag } from './attribute-bag.ts';
import { resourceOf } from './otlp-names.ts';
import { readResource, readScope } from './otlp-protobuf-values.ts';
import { ProtobufReader } from './protobuf-reader.ts';

/** Reads one span, or one log record, of this resource and scope. */
type ReadItem = (reader: ProtobufReader, resource: Resource, scope: Scope | undefined) => void;

/** Goes through a `TracesData` or `LogsData`, which nest alike: by resource, then by scope, each with the same fields. */
export function readGroups(bytes: Uint8Array, readItem: ReadItem): void {
  const reader = new ProtobufReader(bytes);
  reader.fields((tag) => {
    if (tag === 0x0a) readResourceGroup(reader, readItem);
    else reader.skip(tag);
  });
}

function readResourceGroup(reader: ProtobufReader, readItem: ReadItem): void {
  const outer = reader.enter();
  const resource = readFirst(reader, readResource) ?? resourceOf(newBag());
  reader.fields((tag) => {
    if (tag === 0x12) readScopeGroup(reader, resource, readItem);
    else reader.skip(tag);
  });
  reader.leave(outer);
}

function readScopeGroup(reader: ProtobufReader, resource: Resource, readItem: ReadItem): void {
  const outer = reader.enter();
  const scope = readFirst(reader, readScope);
  reader.fields((tag) => {
    if (tag === 0x12) readItem(reader, resource, scope);
    else reader.skip(tag);
  });
  reader.leave(outer);
}

// What the items belong to is field 1 but may come after them, so it is looked for first; fields are passed over by their
// length.
function readFirst<T>(reader: ProtobufReader, read: (reader: ProtobufReader) => T): T | undefined {
  const start = reader.at;
  let first: T | undefined;
  reader.fields((tag) => {
    if (tag === 0x0a) first = read(reader);
    else reader.skip(tag);
  });
  reader.at = start;
  return first;
}
