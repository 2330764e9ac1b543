import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from 'oidc-provider';
import { backend } from './backend.js';
import type { DeviceLogins } from './device.js';
import { applyFault } from './faults.js';
import { Grants } from './grants.js';
import { parseBody, readBody, replay } from './incoming.js';
import { interactionPage } from './interactions.js';
import { createOAuthServer, type Parts } from './oauth.js';
import { field, type LoggedRequest, type RequestLog } from './request-log.js';
import { type Endpoint, endpointPaths } from './scenario.js';
import { tokenEndpoint } from './token-endpoint.js';

type Handler = (incoming: IncomingMessage, response: ServerResponse) => Promise<void>;

/** All endpoints in one Koa application, oidc-provider's, behind the request log and the scenario's faults. */
export function createHandler(
  parts: Parts,
  device: DeviceLogins,
  requests: RequestLog,
  stopped: AbortSignal,
  onRequest: ((request: LoggedRequest) => void) | undefined,
): { readonly handler: Handler; readonly grants: Grants } {
  const oidc = createOAuthServer(parts);
  const grants = new Grants(oidc, parts);
  const logged = new WeakMap<IncomingMessage, LoggedRequest>();

  async function route(ctx: Context, request: LoggedRequest, next: () => Promise<void>): Promise<void> {
    if (ctx.path === endpointPaths.token) return tokenEndpoint(ctx, request, parts, next);
    if (ctx.path.startsWith('/interaction/')) return interactionPage(ctx, request, oidc, grants, parts);
    if (ctx.path.startsWith('/backend-api/')) return backend(ctx, request, parts, grants);
    if (!(await device.handle(ctx, request, grants))) return next();
  }

  oidc.use(async (ctx, next) => {
    const request = logged.get(ctx.req);
    if (request === undefined) return next();
    const endpoint = endpointOf(ctx.path);
    const fault = endpoint && parts.scenario.take(endpoint, accountOf(ctx, request, parts));
    if (fault !== undefined) request.fault = fault.kind;
    const nowMs = parts.scenario.now();
    ctx.set('date', new Date(nowMs).toUTCString());
    try {
      await delay(parts.scenario.latencyMs, undefined, { signal: stopped });
      await applyFault(ctx, fault ?? { kind: 'normal' }, () => route(ctx, request, next), stopped, nowMs);
    } catch (error) {
      if (!stopped.aborted) throw error;
      ctx.respond = false;
    } finally {
      requests.processed(request);
      if (ctx.respond !== false) requests.end(request);
    }
  });

  const answer = oidc.callback();
  return {
    grants,
    async handler(incoming, response) {
      const body = await readBody(incoming).catch(() => undefined);
      // The sender gave up half-way: there is nothing to answer.
      if (body === undefined) return;
      const request = describe(incoming, parseBody(incoming, body), response, parts.scenario.now());
      requests.begin(request);
      response.once('close', () => {
        requests.end(request);
        onRequest?.(request);
      });
      const copy = replay(incoming, body, request.body);
      logged.set(copy, request);
      await answer(copy, response);
    },
  };
}

/** The account of a request, as far as the rules of a scenario need to know. */
function accountOf(ctx: Context, request: LoggedRequest, { people, store }: Parts): string | undefined {
  const token = field(request, 'refresh_token') ?? field(request, 'code') ?? field(request, 'token') ?? '';
  return people.byKey(store.ownerOf(token) ?? '')?.accountId ?? (ctx.get('chatgpt-account-id') || undefined);
}

function endpointOf(path: string): Endpoint | undefined {
  for (const [endpoint, itsPath] of Object.entries(endpointPaths)) {
    if (path === itsPath) return endpoint as Endpoint;
  }
  return undefined;
}

function describe(
  incoming: IncomingMessage,
  body: unknown,
  response: ServerResponse,
  receivedAt: number,
): LoggedRequest {
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  return {
    at: Date.now(),
    receivedAt,
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.search,
    headers: incoming.headers,
    body,
    get status() {
      return response.headersSent ? response.statusCode : undefined;
    },
  };
}
