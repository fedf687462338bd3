import { HttpClient, type HttpOptions } from '../http-client.ts';
import { fieldsOf, itemsOf } from '../json-answer.ts';

/** The values of `{name:Type}` in a query, which the database puts in: nothing of them is SQL. */
export type Bindings = { readonly [name: string]: string };

export type Row = { readonly [column: string]: unknown };

/**
 * Asks a ClickHouse server over HTTP, with GET, which it only reads for, and without settings, which a user who may only
 * read may not change. Queries select 64-bit integers as text.
 */
export class ClickHouseClient {
  readonly name: string;
  readonly database: string;
  readonly #client: HttpClient;

  constructor(address: URL, options?: HttpOptions) {
    const server = new URL(address);
    this.database = decodeURIComponent(address.pathname.replaceAll('/', '')) || 'default';
    server.pathname = '/';
    server.search = '';
    this.#client = new HttpClient('ClickHouse', server, options);
    this.name = this.#client.name;
  }

  async rows(query: string, bindings: Bindings = {}, signal?: AbortSignal): Promise<readonly Row[]> {
    const bound = Object.entries(bindings).map(([name, value]) => [`param_${name}`, escaped(value)] as const);
    const params = [['query', `${query} FORMAT JSON`] as const, ['database', this.database] as const, ...bound];
    return itemsOf(fieldsOf(await this.#client.json('/', { params, signal })).data).map(fieldsOf);
  }

  error(reason: string): Error {
    return this.#client.error('/', reason);
  }
}

/** A name of a database, a table or a column in SQL. */
export function quotedName(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}

// Values of parameters come in ClickHouse's tab-separated format, without the tabs.
function escaped(value: string): string {
  return value.replace(/[\\\t\n\r\0]/g, (character) => ESCAPES[character] ?? '');
}

const ESCAPES: { readonly [character: string]: string } = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
};
