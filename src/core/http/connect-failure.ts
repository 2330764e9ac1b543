import { systemErrorCode } from '../errors.js';
import type { UnsentReason } from './client.js';

export interface Route {
  /** Host, and port when it is not the default one; never credentials. */
  readonly host: string;
  /** The proxy in between, without credentials. */
  readonly proxy?: string;
}

/** Why no connection came about, in words that quote neither a URL nor the underlying error. */
export function explainConnectFailure(cause: unknown, route: Route): { reason: UnsentReason; message: string } {
  const code = systemErrorCode(cause);
  const reason = reasonOf(cause, code, route);
  const suffix = code === undefined || code.startsWith('UND_ERR') ? '' : ` (${code})`;
  return { reason, message: `${explain(reason, cause, route)}${suffix}` };
}

function reasonOf(cause: unknown, code: string | undefined, route: Route): UnsentReason {
  if (code !== undefined && isTlsCode(code)) return 'tls';
  if (route.proxy !== undefined) return 'proxy';
  if (code === undefined) return 'connect-failed';
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) return 'dns';
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ETIMEDOUT') return 'connect-timeout';
  if (code === 'ECONNRESET' && cause instanceof Error && /TLS/.test(cause.message)) return 'tls';
  return 'connect-failed';
}

function isTlsCode(code: string): boolean {
  return /^ERR_(TLS|SSL)_|^EPROTO$|CERT|^UNABLE_TO_|^INVALID_CA$|^HOSTNAME_MISMATCH$/.test(code);
}

function explain(reason: UnsentReason, cause: unknown, route: Route): string {
  switch (reason) {
    case 'dns':
      return `the address of ${route.host} could not be found`;
    case 'refused':
      return `${route.host} refused the connection`;
    case 'connect-timeout':
      return `no connection to ${route.host} came about in time`;
    case 'tls':
      return `the TLS handshake with ${route.host} failed`;
    case 'proxy':
      return `the proxy ${route.proxy ?? ''} gave no connection to ${route.host}${proxyStatus(cause)}`;
    case 'connect-failed':
      return `no connection to ${route.host} came about`;
  }
}

/** undici tells the status of a refused CONNECT only in its message. */
function proxyStatus(cause: unknown): string {
  const status = cause instanceof Error ? /^Proxy response \((\d{3})\)/.exec(cause.message)?.[1] : undefined;
  return status === undefined ? '' : `, it answered ${status}`;
}
