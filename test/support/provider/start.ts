import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CLIENT_ID } from './client.js';
import { DeviceLogins } from './device.js';
import type { IssueRequest, TokenSet } from './grants.js';
import { createHandler } from './handler.js';
import { IssuedLog } from './issued-tokens.js';
import { type AccountRef, demoPeople, type NewAccount, People } from './people.js';
import { type LoggedRequest, RequestLog } from './request-log.js';
import { ResetCredits } from './reset-credits.js';
import { endpointPaths, Scenario } from './scenario.js';
import { createTokenSigner } from './token-signer.js';
import { type RefreshTokenFate, TokenStore } from './token-store.js';

export interface ProviderOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default: the demo people. */
  readonly people?: readonly NewAccount[];
  /** Called when a request has been answered or its connection cut. */
  readonly onRequest?: (request: LoggedRequest) => void;
}

/** A running stand-in. All of it is on loopback, and nothing survives `stop`. */
export interface Provider {
  readonly issuer: string;
  readonly backendUrl: string;
  /** The same backend on a second port: to the real client, one origin for both would have to be https. */
  readonly modelBackendUrl: string;
  readonly scenario: Scenario;
  readonly resetCredits: ResetCredits;
  readonly requests: RequestLog;
  readonly people: People;
  readonly device: DeviceLogins;
  /** Every token answer so far, and each token in them once. */
  readonly issued: Pick<IssuedLog, 'all' | 'strings'>;
  fateOf(refreshToken: string): RefreshTokenFate;
  /** The same for all refresh tokens of one login, also when it has ended. */
  grantOf(refreshToken: string): string | undefined;
  /** A valid login without going through one. */
  issueTokens(request: IssueRequest): Promise<TokenSet>;
  /** Refreshes of this account are refused (default `refresh_token_invalidated`); its tokens are kept for a revival. */
  revokeAccount(ref: AccountRef, how?: { readonly code?: string; readonly accessTokens?: 'live' | 'refused' }): void;
  /** Ends one login, as its owner can from another device: the refresh tokens of its grant are forgotten. */
  revokeToken(refreshToken: string): Promise<void>;
  reviveAccount(ref: AccountRef): void;
  deleteAccount(ref: AccountRef): void;
  /** Back to the state just after the start; the ports stay. */
  reset(): void;
  stop(): Promise<void>;
}

/**
 * Longer than any test. After Node's five seconds, on a busy machine, the next request would go out on a connection that is
 * being closed, and the sign-in of a person without a second try would fail.
 */
const keepAliveTimeout = 3_600_000;

export async function startProvider(options: ProviderOptions = {}): Promise<Provider> {
  const server = createServer({ keepAliveTimeout });
  const modelServer = createServer({ keepAliveTimeout });
  const issuer = await listen(server, options.port ?? 0);
  const modelOrigin = await listen(modelServer, 0);

  const store = new TokenStore();
  const parts = {
    issuer,
    people: new People(),
    scenario: new Scenario(),
    signer: createTokenSigner(),
    store,
    issued: new IssuedLog(store),
    resetCredits: new ResetCredits(),
  };
  const { people, scenario, issued, resetCredits } = parts;
  const seed = () => {
    for (const account of options.people ?? demoPeople) people.addAccount(account);
  };
  seed();

  const device = new DeviceLogins(parts);
  const requests = new RequestLog();
  const stopping = new AbortController();
  const { handler, grants } = createHandler(parts, device, requests, stopping.signal, options.onRequest);
  for (const each of [server, modelServer]) each.on('request', handler);

  return {
    issuer,
    backendUrl: `${issuer}/backend-api`,
    modelBackendUrl: `${modelOrigin}/backend-api/codex`,
    scenario,
    resetCredits,
    requests,
    people,
    device,
    issued,
    fateOf: (refreshToken) => store.fateOf(refreshToken),
    grantOf: (refreshToken) => store.grantOf(refreshToken),
    issueTokens: (request) => grants.issueTokens(request),
    revokeAccount(ref, { code = 'refresh_token_invalidated', accessTokens = 'live' } = {}) {
      people.find(ref).state = { kind: 'revoked', code, accessTokens };
    },
    async revokeToken(refreshToken) {
      const body = new URLSearchParams({ token: refreshToken, client_id: CLIENT_ID });
      await fetch(`${issuer}${endpointPaths.revoke}`, { method: 'POST', body });
    },
    reviveAccount(ref) {
      people.find(ref).state = { kind: 'active' };
    },
    deleteAccount(ref) {
      people.find(ref).state = { kind: 'deleted' };
    },
    reset() {
      for (const part of [requests, people, store, issued, device, resetCredits]) part.clear();
      scenario.reset();
      seed();
    },
    async stop() {
      stopping.abort();
      await Promise.all([server, modelServer].map(close));
    },
  };
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
