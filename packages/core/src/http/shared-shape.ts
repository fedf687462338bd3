// What an object gets that has changed its prototype makes another class of each, from V8 8.4 on and until Node.js 24:
// https://github.com/nodejs/node/issues/37457
const IS_EACH_ITS_OWN = Number.parseInt(process.versions.v8, 10) < 13;
const NOTHING = Symbol('throughline.nothing');

/**
 * Gives an object back a hidden class that others share, after its prototype was changed as Express changes those of requests
 * and responses. Before Node.js 24 V8 makes a class of its own for each such object that gets one more property, and then no code
 * that is compiled for a class finds it again: half a microsecond for every property read, in Node.js, in Express and in the application.
 * An object that has lost a property keeps them in a table, and those with tables have one class. Nothing else can be seen of it.
 */
export function shareShape(object: object): void {
  if (!IS_EACH_ITS_OWN) return;
  const slot = object as { [NOTHING]?: undefined };
  slot[NOTHING] = undefined;
  delete slot[NOTHING];
}
