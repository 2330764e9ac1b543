import { Readable } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { Environment } from '../environment.js';
import { systemErrorCode } from '../errors.js';
import type { HttpClient, HttpOutcome, HttpRequest } from './client.js';
import { ConnectFailure, explainConnectFailure, type Route } from './connect-failure.js';
import { type Connections, openConnections } from './connections.js';
import { type Interruption, watchInterruption } from './deadline.js';
import { trustWith } from './extra-certificates.js';
import type { ProxyChoice } from './proxy.js';
import { refuseInvalidProxy } from './proxy-description.js';
import type { ProxyFor } from './proxy-for.js';

/** The client of a run. Loads undici: import it dynamically. @throws AppError `usage` for unusable certificates. */
export function openHttpClient({ caCertificate }: Environment, proxyFor: ProxyFor): HttpClient {
  return createHttpClient({ proxyFor, trust: caCertificate === undefined ? undefined : trustWith(caCertificate) });
}

const defaultMaxBytes = 1024 * 1024;

interface ClientOptions {
  readonly proxyFor: (url: string) => ProxyChoice | Promise<ProxyChoice>;
  /** Whose certificates are accepted, where that is not Node's own choice. */
  readonly trust?: SecureContext | undefined;
}

/**
 * The only way to the network. This file loads undici: import it dynamically, and only for a command that needs it.
 * `send` throws `usage` for an unusable proxy setting and nothing else.
 */
export function createHttpClient({ proxyFor, trust }: ClientOptions): HttpClient {
  const pools = new Map<string, Connections>();

  function pooled(choice: ProxyChoice): Connections {
    const key = choice.kind === 'proxy' ? choice.url.reveal() : '';
    const connections = pools.get(key) ?? openConnections(choice, trust);
    pools.set(key, connections);
    return connections;
  }

  async function send(request: HttpRequest): Promise<HttpOutcome> {
    const choice = await proxyFor(request.url);
    refuseInvalidProxy(choice);
    const connections = request.freshConnection ? openConnections(choice, trust) : pooled(choice);
    try {
      return await exchange(request, connections, routeOf(request, choice));
    } finally {
      if (request.freshConnection) await connections.destroy();
    }
  }

  async function close(): Promise<void> {
    const open = [...pools.values()];
    pools.clear();
    await Promise.all(open.map((connections) => connections.destroy()));
  }

  return { send, close };
}

async function exchange(request: HttpRequest, connections: Connections, route: Route): Promise<HttpOutcome> {
  const interruption = watchInterruption(request.deadlineMs, request.signal);
  const upload = request.body ? new Upload(request.body) : undefined;
  try {
    const answer = requestAnswer(request, connections, interruption, upload);
    return await Promise.race([answer, interruption.happened]);
  } catch (error) {
    // A request that was interrupted while there was no connection has never been written.
    const isWaiting = interruption.cause !== undefined && !connections.isConnected();
    const isUnsent = upload === undefined ? isWaiting : !upload.started;
    return judgeFailure(error, interruption.cause, isUnsent, route);
  } finally {
    upload?.withdraw();
    interruption.dispose();
  }
}

async function requestAnswer(
  request: HttpRequest,
  { dispatcher }: Connections,
  interruption: Interruption,
  upload: Upload | undefined,
): Promise<HttpOutcome> {
  const { origin, pathname, search } = new URL(request.url);
  const { statusCode, headers, body } = await dispatcher.request({
    origin,
    path: pathname + search,
    method: request.method,
    headers: {
      'accept-encoding': 'identity',
      ...request.headers,
      ...(upload === undefined ? {} : { 'content-length': String(upload.byteLength) }),
    },
    body: upload?.stream() ?? null,
    signal: interruption.signal,
    ...(request.freshConnection ? { reset: true } : {}),
  });
  const flat = flattenHeaders(headers);
  const limits = {
    maxBytes: request.maxBytes ?? defaultMaxBytes,
    isEnough: request.isEnough,
    onReceived: () => interruption.dispose(),
  };
  const text = await readCappedBody(body, flat['content-encoding'], limits);
  return { kind: 'answer', status: statusCode, headers: flat, body: text };
}

/**
 * A request body that knows whether undici asked for it. undici writes the head of a request together with the first
 * chunk, so while `started` is false not one byte has been written; after {@link withdraw} none ever will be. A
 * stream is read once, so undici could not send it again either.
 */
class Upload {
  readonly #bytes: Buffer;
  #withdrawn = false;
  started = false;

  constructor(body: string) {
    this.#bytes = Buffer.from(body, 'utf8');
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  stream(): Readable {
    return Readable.from(this.#chunks(), { objectMode: false });
  }

  withdraw(): void {
    this.#withdrawn = true;
  }

  async *#chunks(): AsyncGenerator<Buffer> {
    if (this.#withdrawn) throw new Error('withdrawn');
    this.started = true;
    yield this.#bytes;
  }
}

function judgeFailure(
  error: unknown,
  interruptedBy: Interruption['cause'],
  isUnsent: boolean,
  route: Route,
): HttpOutcome {
  if (error instanceof ConnectFailure || isUnsent)
    return { kind: 'unsent', ...explainUnsent(error, interruptedBy, route) };
  if (interruptedBy === 'aborted') {
    return { kind: 'no-answer', reason: 'aborted', message: `the request to ${route.host} was interrupted` };
  }
  if (interruptedBy === 'timeout') {
    return { kind: 'no-answer', reason: 'timeout', message: `${route.host} did not answer in time` };
  }
  if (error instanceof BodyTooLarge) {
    return { kind: 'no-answer', reason: 'too-large', message: `the answer of ${route.host} is too large` };
  }
  return { kind: 'no-answer', reason: 'reset', message: `the connection to ${route.host} broke off` };
}

function explainUnsent(error: unknown, interruptedBy: Interruption['cause'], route: Route) {
  if (error instanceof ConnectFailure) return explainConnectFailure(error, route);
  if (interruptedBy === 'timeout') {
    const cause = Object.assign(new Error('deadline'), { code: 'ETIMEDOUT' });
    return explainConnectFailure(new ConnectFailure(cause, 'target'), route);
  }
  const what = interruptedBy === 'aborted' ? 'was interrupted before it was sent' : 'could not be sent';
  return { reason: 'connect-failed', message: `the request to ${route.host} ${what}` } as const;
}

function routeOf(request: HttpRequest, choice: ProxyChoice): Route {
  const { host } = new URL(request.url);
  return choice.kind === 'proxy' ? { host, proxy: choice.display } : { host };
}

function flattenHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

/** The body of an answer is larger than its cap (P20). It never leaves this directory. */
class BodyTooLarge extends Error {}

interface BodyLimits {
  readonly maxBytes: number;
  /** Whether the text so far is all that is wanted. */
  readonly isEnough?: ((text: string) => boolean) | undefined;
  /** Called when the whole body has arrived and only has to be unpacked. */
  readonly onReceived?: () => void;
}

/** Reads a body up to its limits; leaving the loop early destroys the stream and with it the connection. */
async function readCappedBody(
  stream: AsyncIterable<Uint8Array>,
  encoding: string | undefined,
  { maxBytes, isEnough, onReceived }: BodyLimits,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new BodyTooLarge();
    chunks.push(chunk);
    if (isEnough?.(Buffer.concat(chunks).toString('utf8')) === true) break;
  }
  onReceived?.();
  const bytes = Buffer.concat(chunks);
  return (await decode(bytes, encoding?.trim().toLowerCase(), maxBytes)).toString('utf8');
}

/**
 * We ask for `identity`. Should a server in between compress all the same, the answer to a refresh must not be lost
 * over it (P3). The cap holds for what comes out, too.
 */
async function decode(bytes: Buffer, encoding: string | undefined, maxOutputLength: number): Promise<Buffer> {
  const decoder = decoders.get(encoding ?? '');
  if (decoder === undefined || bytes.byteLength === 0) return bytes;
  try {
    return await decoder(bytes, { maxOutputLength });
  } catch (error) {
    if (systemErrorCode(error) === 'ERR_BUFFER_TOO_LARGE') throw new BodyTooLarge();
    // The body is labelled as compressed but is not: the status still counts, and the caller judges the body as it is.
    return bytes;
  }
}

const decoders = new Map<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);
