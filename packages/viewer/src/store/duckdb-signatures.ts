import type { DuckDBAppender } from '@duckdb/node-api';
import type { Resource, Span } from '@throughline/analysis';
import type { DuckDbReader } from './duckdb-reader.ts';
import { bagFrom } from './duckdb-rows.ts';
import { Signature } from './signature.ts';

/** How many spans share a signature, at least. What is not signed yet is looked through by every search. */
export const SIGNED_SPANS = 20_000;
/** If more times that are without one, the file is of an earlier viewer: they stay without, as they would take long to read. */
const MAX_UNSIGNED = 4;

/** Signs what is written: the spans from one moment of storage to another, with what can be found in them. */
export class DuckDbSignatures {
  readonly #signature = new Signature();
  readonly #spans: number;
  #from = 0n;
  #last = 0n;
  #signing: bigint | undefined;

  private constructor(spans: number) {
    this.#spans = spans;
  }

  /** Goes on where the file ends: what came after its last signature is read again. */
  static async open(reader: DuckDbReader, spans: number): Promise<DuckDbSignatures> {
    const signatures = new DuckDbSignatures(spans);
    const [[signed, last] = []] = await reader.rows(
      'SELECT (SELECT coalesce(max(to_ms), -1) FROM signatures), (SELECT coalesce(max(stored_ms), 0) FROM spans)',
    );
    const [[unsigned] = []] = await reader.rows(`SELECT count(*) FROM spans WHERE stored_ms > ${signed}`);
    signatures.#last = BigInt(last as bigint);
    signatures.#from = (Number(unsigned) > MAX_UNSIGNED * spans ? signatures.#last : BigInt(signed as bigint)) + 1n;
    if (signatures.#last < signatures.#from) signatures.#last = signatures.#from;
    await signatures.#readAgain(reader);
    return signatures;
  }

  /** When what is written now counts as stored: never at a moment that is signed, also where the clock is set back. */
  moment(): bigint {
    const now = BigInt(Date.now());
    if (now > this.#last) this.#last = now;
    return this.#last;
  }

  addSpan(span: Span, attributes: string): void {
    this.#signature.addSpan(span, attributes);
  }

  addSource(id: number, resource: Resource): void {
    this.#signature.addSource(id, resource);
  }

  /** Whether there is enough for a signature, which then belongs into the transaction that is under way. */
  get isDue(): boolean {
    return this.#signature.spans >= this.#spans;
  }

  append(to: DuckDBAppender): void {
    this.#signing = this.#last;
    to.appendBigInt(this.#from);
    to.appendBigInt(this.#signing);
    const bytes = this.#signature.bytes();
    if (bytes === undefined) to.appendNull();
    else to.appendBlob(bytes);
    to.endRow();
  }

  /** Says that the transaction is on disk. */
  committed(): void {
    if (this.#signing === undefined) return;
    this.#from = this.#signing + 1n;
    this.#last = this.#from;
    this.#signing = undefined;
    this.#signature.clear();
  }

  async #readAgain(reader: DuckDbReader): Promise<void> {
    const unsigned = `stored_ms >= ${this.#from}`;
    for (const [name, message, attributes] of await reader.rows(
      `SELECT name, message, attributes FROM spans WHERE ${unsigned}`,
    )) {
      const text = attributes as string;
      const statusMessage = message === null ? undefined : (message as string);
      this.#signature.addSpan({ name: name as string, statusMessage, attributes: bagFrom(text) }, text);
    }
    for (const [id, service, attributes] of await reader.rows(
      `SELECT id, service, attributes FROM sources WHERE id IN (SELECT DISTINCT source FROM spans WHERE ${unsigned})`,
    )) {
      this.#signature.addSource(id as number, {
        service: service as string,
        attributes: bagFrom(attributes as string),
      });
    }
  }
}
