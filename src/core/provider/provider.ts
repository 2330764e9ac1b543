import { AppError } from '../errors.js';

/** The provider's side of every request: where it goes and as which client. The facts: official-client.md#sign-in. */
export interface Provider {
  /** Without trailing slash. */
  readonly issuer: string;
  readonly clientId: string;
  /** Without trailing slash. */
  readonly backendUrl: string;
  /** What the authorize URL must say for this client id; requests of our own carry {@link userAgent}. */
  readonly originator: string;
  /** Tokens go to another address than the official one; every command that sends one shows a warning (P20). */
  readonly isOverridden: boolean;
  /** The environment variables that name another address. */
  readonly overrides: readonly string[];
}

export const defaultIssuer = 'https://auth.openai.com';
const defaultBackendUrl = 'https://chatgpt.com/backend-api';
const officialClientId = 'app_EMoamEEZ73f0CkXaXp7hrann';
export const oauthScopes = [
  'openid',
  'profile',
  'email',
  'offline_access',
  'api.connectors.read',
  'api.connectors.invoke',
] as const;

/**
 * The official provider, or the one that CODEX_AUTH_ISSUER and CODEX_AUTH_BACKEND_URL name: https, or http on
 * loopback. An empty value counts as unset.
 *
 * @throws AppError `usage` that names the variable and does not quote its value.
 */
export function resolveProvider(given: {
  readonly issuer?: string | undefined;
  readonly backendUrl?: string | undefined;
}): Provider {
  const issuer = readEndpoint('CODEX_AUTH_ISSUER', given.issuer, defaultIssuer);
  const backendUrl = readEndpoint('CODEX_AUTH_BACKEND_URL', given.backendUrl, defaultBackendUrl);
  const overrides = [
    ...(issuer === defaultIssuer ? [] : ['CODEX_AUTH_ISSUER']),
    ...(backendUrl === defaultBackendUrl ? [] : ['CODEX_AUTH_BACKEND_URL']),
  ];
  return {
    issuer,
    clientId: officialClientId,
    backendUrl,
    originator: 'codex_cli_rs',
    isOverridden: overrides.length > 0,
    overrides,
  };
}

/** Who is calling, honestly: this product under its own name. */
export function userAgent(version: string, platform: string, arch: string): string {
  return `codex-auth/${version} (${platform}; ${arch})`;
}

function readEndpoint(variable: string, value: string | undefined, fallback: string): string {
  const text = value?.trim();
  if (!text) return fallback;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const problem = url === undefined ? 'is not a URL' : endpointProblem(url, text);
  if (url === undefined || problem !== undefined) {
    throw new AppError('usage', `${variable} ${problem ?? 'is not a URL'}`, {
      hint: `unset ${variable}, or give an https:// address (http:// only on loopback)`,
    });
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function endpointProblem(url: URL, text: string): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'is neither https nor http';
  if (url.username !== '' || url.password !== '') return 'holds credentials';
  // An empty query or fragment is dropped by URL, hence the look at the text.
  if (/[?#]/.test(text)) return 'has a query or a fragment';
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) return 'is plain http to a host that is not loopback';
  return undefined;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** What every call to the provider needs besides its own facts. */
export interface CallOptions {
  /** From {@link userAgent}. */
  readonly userAgent: string;
  /** For a request that spends nothing. */
  readonly deadlineMs?: number;
  /**
   * For one that spends something, where a test cannot wait for {@link tokenDeadlineMs}; no option of the person sets
   * it.
   */
  readonly spendingDeadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** For a request that spends a token or a code. A process that waits for the lock around it waits longer than this. */
export const tokenDeadlineMs = 15_000;
