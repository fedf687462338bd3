// node clickhouse-server.mjs <folder with chdb> <port>: see clickhouse.mjs
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const [folder = '', port] = process.argv.slice(2);
const { Session } = createRequire(join(folder, 'package.json'))('chdb');
const session = new Session();
const ESCAPES = new Map([
  ['t', '\t'],
  ['n', '\n'],
  ['r', '\r'],
  ['0', '\0'],
]);

// As ClickHouse does: GET reads only, values of {name:Type} come as param_name in the escaped format of its text formats.
createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname !== '/') {
    response
      .writeHead(pathname === '/ping' ? 200 : 404)
      .end(pathname === '/ping' ? 'Ok.\n' : `There is no handle ${pathname}\n`);
    return;
  }
  const query = `${searchParams.get('query') ?? ''}${await text(request)}`;
  const bindings = [...searchParams]
    .filter(([name]) => name.startsWith('param_'))
    .map(([name, value]) => [name.slice('param_'.length), unescaped(value)]);
  try {
    if (request.method === 'GET' && !/^\s*(?:SELECT|WITH|SHOW|DESCRIBE)\b/i.test(query))
      throw new Error('Code: 164. DB::Exception: Cannot execute query in readonly mode. (READONLY)');
    const database = searchParams.get('database');
    if (database !== null) session.query(`USE \`${database.replace(/[\\`]/g, '\\$&')}\``);
    const answer =
      bindings.length === 0 ? session.query(query) : session.queryBind(query, Object.fromEntries(bindings));
    response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8' }).end(answer);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    response.writeHead(/UNKNOWN_(?:TABLE|DATABASE)/.test(message) ? 404 : 500).end(message);
  }
}).listen(Number(port), '127.0.0.1');

/** @param {string} value */
function unescaped(value) {
  return value.replace(/\\(.)/gs, (_, character) => ESCAPES.get(character) ?? character);
}
