import type { Environment } from '../environment.js';
import type { HttpClient } from './client.js';
import { trustWith } from './extra-certificates.js';
import type { ProxyFor } from './proxy-for.js';
import { createHttpClient } from './undici-client.js';

/** The client of a run. Loads undici: import it dynamically. @throws AppError `usage` for unusable certificates. */
export function openHttpClient({ caCertificate }: Environment, proxyFor: ProxyFor): HttpClient {
  return createHttpClient({ proxyFor, trust: caCertificate === undefined ? undefined : trustWith(caCertificate) });
}
