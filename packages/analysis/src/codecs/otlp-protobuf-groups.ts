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
  reader.each(0x0a, () =>
    readGroup(reader, readResource, (resource = resourceOf(newBag())) =>
      readGroup(reader, readScope, (scope) => readItem(reader, resource, scope)),
    ),
  );
}

// Whose the parts are is field 1 but may come after them, so it is looked for first; fields are passed over by their length.
function readGroup<Owner>(
  reader: ProtobufReader,
  readOwner: (reader: ProtobufReader, before: Owner | undefined) => Owner | undefined,
  readPart: (owner: Owner | undefined) => void,
): void {
  const outer = reader.enter();
  const start = reader.at;
  let owner: Owner | undefined;
  reader.each(0x0a, () => {
    owner = readOwner(reader, owner);
  });
  reader.at = start;
  reader.each(0x12, () => readPart(owner));
  reader.leave(outer);
}
