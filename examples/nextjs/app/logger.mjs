import { traceFields } from '@throughline/logs/pino';
import pino from 'pino';

export const logger = pino({ mixin: traceFields() });
