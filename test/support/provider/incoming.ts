import { IncomingMessage } from 'node:http';
import { CLIENT_ID } from './client.js';
import { endpointPaths } from './scenario.js';

/** Reads the whole request body; rejects when the connection breaks off. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The body as a value: JSON and forms parsed, other text as it is, undefined without one or when compressed. */
export function parseBody(request: IncomingMessage, body: Buffer): unknown {
  if (body.length === 0 || request.headers['content-encoding'] !== undefined) return undefined;
  const text = body.toString('utf8');
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text));
  if (!type.startsWith('application/json')) return text;
  try {
    return JSON.parse(text);
  } catch {
    // Logged as it came; the endpoint will refuse it.
    return text;
  }
}

/**
 * The same request with its body put back, changed where oidc-provider is stricter than the real provider: JSON bodies
 * become forms, a revocation may omit the client (official-client.md#refresh), and the browser's earlier session is
 * left out, because the account chooser must appear at every sign-in.
 */
export function replay(request: IncomingMessage, body: Buffer, parsed: unknown): IncomingMessage {
  const copy = new IncomingMessage(request.socket);
  copy.method = request.method ?? 'GET';
  copy.url = request.url ?? '/';
  copy.httpVersion = request.httpVersion;
  copy.headers = { ...request.headers };
  const cookies = withoutSession(request.headers.cookie);
  if (cookies === undefined) delete copy.headers.cookie;
  else copy.headers.cookie = cookies;

  const bytes = asForm(copy, parsed) ?? body;
  delete copy.headers['transfer-encoding'];
  if (copy.headers['content-length'] !== undefined || bytes.length > 0) {
    copy.headers['content-length'] = String(bytes.length);
  }
  if (bytes.length > 0) copy.push(bytes);
  copy.push(null);
  // Without this Node takes the end of this copy for a broken connection and closes the real one.
  copy.complete = true;
  return copy;
}

function asForm(request: IncomingMessage, parsed: unknown): Buffer | undefined {
  const path = request.url?.split('?')[0];
  if (path !== endpointPaths.token && path !== endpointPaths.revoke) return undefined;
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parsed)) form.set(name, String(value));
  if (path === endpointPaths.revoke && !form.has('client_id')) form.set('client_id', CLIENT_ID);
  request.headers['content-type'] = 'application/x-www-form-urlencoded';
  return Buffer.from(form.toString());
}

function withoutSession(cookies: string | undefined): string | undefined {
  const kept = cookies?.split(/;\s*/).filter((cookie) => !cookie.startsWith('_session'));
  return kept === undefined || kept.length === 0 ? undefined : kept.join('; ');
}
