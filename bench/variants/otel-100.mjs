import { otel } from './otel.mjs';

export const setup = (framework) => otel(framework);
