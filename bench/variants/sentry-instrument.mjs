// What Sentry's documentation calls instrument.mjs: loaded by `--import`, before all else.
import { init } from '@sentry/node';

init({ dsn: process.env.SENTRY_DSN, tracesSampleRate: 1 });
