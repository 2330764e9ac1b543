import type { IncomingHttpHeaders } from 'node:http';
import { type CallbackParams, readCallbackParams } from './callback-params.js';

export const callbackPath = '/auth/callback';

export interface CallbackRequest {
  readonly method: string;
  /** The request target as it was sent, path and query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

/** What a request to the callback server means. */
export type CallbackRoute =
  | { readonly kind: 'callback'; readonly params: CallbackParams }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'refused'; readonly status: 400 | 403 | 404 | 405; readonly text: string };

/** Judges one request without looking at anything but it (P19). */
export function routeCallbackRequest(
  request: CallbackRequest,
  server: { readonly port: number; readonly state: string },
): CallbackRoute {
  if (!isOurHost(request.headers.host, server.port)) return refused(400, 'Wrong host');
  if (request.method !== 'GET') return refused(405, 'Only GET');
  const [path, query] = splitTarget(request.target);
  if (path === callbackPath) {
    return { kind: 'callback', params: readCallbackParams(new URLSearchParams(query), server.state) };
  }
  if (path === '/cancel')
    return isFromBrowserPage(request.headers) ? refused(403, 'Not from a page') : { kind: 'cancel' };
  return refused(404, 'Not found');
}

/** A name that a stranger made resolve to 127.0.0.1 is not ours (DNS rebinding). */
function isOurHost(host: string | undefined, port: number): boolean {
  return host !== undefined && [`127.0.0.1:${port}`, `localhost:${port}`].includes(host.toLowerCase());
}

/** Any page can make a browser send this GET, but not without one of these headers; another client sends none. */
function isFromBrowserPage(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => /^(origin|referer|sec-fetch-.*)$/.test(name));
}

/** By hand: `new URL` would read `//host/auth/callback` and absolute targets as another host's path. */
function splitTarget(target: string): [path: string, query: string] {
  const mark = target.indexOf('?');
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

function refused(status: 400 | 403 | 404 | 405, text: string): CallbackRoute {
  return { kind: 'refused', status, text };
}
