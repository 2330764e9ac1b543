import type { HttpOutcome } from '../http/client.js';

export type Answer = Extract<HttpOutcome, { kind: 'answer' }>;
type Headers = Answer['headers'];

/** The server's clock in milliseconds since the epoch. */
export function readServerDate(headers: Headers): number | undefined {
  const time = Date.parse(headers['date'] ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/** RFC 9110 section 10.2.3: seconds, or a date, which only the server's own clock can turn into a distance. */
export function readRetryAfterMs(headers: Headers): number | undefined {
  const value = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const [until, now] = [Date.parse(value), readServerDate(headers)];
  return Number.isNaN(until) || now === undefined ? undefined : Math.max(0, until - now);
}
