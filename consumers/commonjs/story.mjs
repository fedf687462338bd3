import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { checkService } = await import(pathToFileURL(join(process.argv[2], 'consumers/check-service.mjs')).href);
await checkService([process.execPath, 'service.cjs']);
