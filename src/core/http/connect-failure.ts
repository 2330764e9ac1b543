import { systemErrorCode } from '../errors.js';
import type { UnsentReason } from './client.js';

/** The proxy answered and will not carry this connection. The message is ours and safe to show. */
export class ProxyRefusal extends Error {
  constructor(
    message: string,
    /** The proxy wants credentials, or other ones than it got. */
    readonly wantsCredentials = false,
  ) {
    super(message);
  }
}

export interface Route {
  /** Host, and port when it is not the default one; never credentials. */
  readonly host: string;
  /** The proxy in between, without credentials. */
  readonly proxy?: string;
}

/** What was being connected to: the proxy, until it consents, or the target of the request. */
export type Stage = 'proxy' | 'target';

/**
 * No connection came about, hence no request was written: the proof behind `unsent`. It also replaces the original
 * error on its way through undici, which treats UND_ERR_SOCKET and UND_ERR_INFO in the connect phase as recoverable
 * and connects again without end. It never leaves this directory.
 */
export class ConnectFailure extends Error {
  constructor(
    cause: unknown,
    readonly stage: Stage,
  ) {
    super('No connection', { cause });
  }
}

/** Why no connection came about, in words that quote neither a URL nor the underlying error. */
export function explainConnectFailure(
  { cause, stage }: ConnectFailure,
  route: Route,
): { reason: UnsentReason; message: string } {
  const code = systemErrorCode(cause);
  const reason = reasonOf(cause, code, stage, route);
  return { reason, message: `${explain(reason, cause, route)}${code === undefined ? '' : ` (${code})`}` };
}

function reasonOf(cause: unknown, code: string | undefined, stage: Stage, route: Route): UnsentReason {
  if (stage === 'target' && code !== undefined && isTlsCode(code)) return 'tls';
  // Many a proxy consents at once, and hangs up when it cannot reach the target after all.
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
      return `the proxy ${route.proxy ?? ''} gave no connection to ${route.host}${refusal(cause)}`;
    case 'connect-failed':
      return `no connection to ${route.host} came about`;
  }
}

function refusal(cause: unknown): string {
  if (!(cause instanceof ProxyRefusal)) return '';
  return `: ${cause.message}${cause.wantsCredentials ? ', and wants a user and password' : ''}`;
}
