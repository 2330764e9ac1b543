import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.js';
import { AppError } from '../errors.js';
import type { Secret } from '../secret.js';
import {
  type CallbackPage,
  endedPage,
  failedPage,
  pageHeaders,
  renderCallbackPage,
  signedInPage,
  stateMismatchPage,
  stillWorkingPage,
} from './callback-pages.js';
import {
  type CallbackParams,
  type CallbackRoute,
  callbackPath,
  type Denial,
  routeCallbackRequest,
} from './callback-params.js';
import { listenOnLoopback } from './loopback-port.js';

/** How long the browser waits for the exchange of its code before it gets a page that says so. */
const defaultRespondWithinMs = 60_000;
/** How long a request may take to arrive, and how often that is looked at. */
const defaultRequestWithinMs = 1_500;
const checkEveryMs = 250;
/** Connections that may be open without having asked for anything. */
const maxSilent = 32;
/** How long `close` waits for a page to reach the browser. */
const flushWithinMs = 1_000;

export type CallbackOutcome =
  | { readonly kind: 'code'; readonly code: Secret }
  | Denial
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'timed-out' };

export type SignInVerdict =
  | { readonly kind: 'signed-in'; readonly email?: string }
  | { readonly kind: 'failed'; readonly message: string };

export interface CallbackServer {
  readonly port: number;
  readonly redirectUri: string;
  /**
   * The first of: our own callback, `/cancel`, the time limit.
   *
   * @throws AppError `interrupted` when the signal aborts.
   */
  wait(limits: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<CallbackOutcome>;
  /** Answers the browser, which waits since it brought the code, so that it shows how the exchange went. */
  respond(verdict: SignInVerdict): void;
  /** Lets the last page reach the browser, then frees the port. */
  close(): Promise<void>;
}

export interface CallbackServerOptions {
  readonly ports: readonly number[];
  readonly state: string;
  readonly clock: Clock;
  /** Ends the wait for a busy port. */
  readonly signal?: AbortSignal;
  /** For tests; 60 s unless told. */
  readonly respondWithinMs?: number;
  /** For tests; 1.5 s unless told. */
  readonly requestWithinMs?: number;
}

/**
 * Waits on loopback for the authorization response (RFC 8252 section 7.3), bound before the browser is opened.
 *
 * @throws AppError `port-busy`, or `interrupted` while it waits for a port.
 */
export async function openCallbackServer(options: CallbackServerOptions): Promise<CallbackServer> {
  const login = new PendingLogin(options.clock, options.respondWithinMs ?? defaultRespondWithinMs);
  const silent = new Set<Socket>();
  let port = 0;
  const server = createServer({ connectionsCheckingInterval: checkEveryMs }, (request, response) => {
    silent.delete(request.socket);
    const { method = '', url: target = '', headers } = request;
    login.handle(routeCallbackRequest({ method, target, headers }, { port, state: options.state }), request, response);
  });
  limitRequests(server, options.requestWithinMs ?? defaultRequestWithinMs);
  server.on('connection', (socket) => makeRoom(silent, socket));
  port = await listenOnLoopback(server, options.ports, options.clock, options.signal);
  // A connection that cannot be accepted is no reason to end the process.
  server.on('error', () => undefined);
  return {
    port,
    redirectUri: `http://127.0.0.1:${port}${callbackPath}`,
    wait: (limits) => login.wait(limits),
    respond: (verdict) => login.respond(verdict),
    close: () => login.close(server),
  };
}

/** A browser sends its whole request at once: a client that takes longer is no browser. */
function limitRequests(server: Server, withinMs: number): void {
  server.headersTimeout = withinMs;
  server.requestTimeout = withinMs;
  server.maxHeadersCount = 100;
}

/**
 * The newest connection always gets in: the oldest of those that have asked for nothing yet is closed instead. With a
 * limit that turns new ones away, a program that opens connections and asks for nothing would keep the browser out.
 */
function makeRoom(silent: Set<Socket>, newcomer: Socket): void {
  const [oldest] = silent;
  if (oldest !== undefined && silent.size >= maxSilent) oldest.destroy();
  silent.add(newcomer);
  newcomer.once('close', () => silent.delete(newcomer));
}

type LoginEnd = CallbackOutcome | { readonly kind: 'interrupted' };

/** One login: it is settled once, and every browser that comes with our state sees the page of that one end. */
class PendingLogin {
  readonly #clock: Clock;
  readonly #respondWithinMs: number;
  readonly #guard = new AbortController();
  readonly #ended: Promise<LoginEnd>;
  #announce: (end: LoginEnd) => void = () => undefined;
  #isSettled = false;
  #page: CallbackPage | undefined;
  /** Browsers that brought the code and wait for the page. */
  readonly #waiting = new Set<ServerResponse>();
  readonly #inFlight = new Set<ServerResponse>();

  constructor(clock: Clock, respondWithinMs: number) {
    this.#clock = clock;
    this.#respondWithinMs = respondWithinMs;
    this.#ended = new Promise((resolve) => {
      this.#announce = resolve;
    });
  }

  handle(route: CallbackRoute, request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    this.#inFlight.add(response);
    response.on('close', () => {
      this.#inFlight.delete(response);
      this.#waiting.delete(response);
    });
    if (route.kind === 'refused') sendText(response, route.status, route.text);
    else if (route.kind === 'callback') this.#onCallback(route.params, response);
    else this.#onCancel(response);
  }

  #onCancel(response: ServerResponse): void {
    this.#settle({ kind: 'cancelled' }, endedPage);
    sendText(response, 200, 'Login cancelled');
  }

  #onCallback(params: CallbackParams, response: ServerResponse): void {
    switch (params.kind) {
      case 'ok':
        this.#settle({ kind: 'code', code: params.code });
        break;
      case 'denied':
        this.#settle(params, failedPage(params.message));
        break;
      case 'state-mismatch':
        sendPage(response, 400, stateMismatchPage);
        return;
      default:
        sendPage(response, 400, failedPage('the answer of the sign-in page holds no code'));
        return;
    }
    if (this.#page === undefined) this.#waiting.add(response);
    else sendPage(response, 200, this.#page);
  }

  /** The first end counts. Without a page the browser waits for {@link respond}. */
  #settle(end: LoginEnd, page?: CallbackPage): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#page = page;
    if (page === undefined) this.#startGuard();
    this.#announce(end);
  }

  #startGuard(): void {
    this.#clock.sleep(this.#respondWithinMs, this.#guard.signal).then(
      () => this.#show(stillWorkingPage),
      // Aborted: the verdict came in time.
      () => undefined,
    );
  }

  respond(verdict: SignInVerdict): void {
    this.#guard.abort();
    this.#page = verdict.kind === 'signed-in' ? signedInPage(verdict.email) : failedPage(verdict.message);
    this.#show(this.#page);
  }

  #show(page: CallbackPage): void {
    for (const response of this.#waiting) sendPage(response, 200, page);
    this.#waiting.clear();
  }

  async wait(limits: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<CallbackOutcome> {
    const limit = new AbortController();
    const onAbort = () => this.#settle({ kind: 'interrupted' }, endedPage);
    limits.signal?.addEventListener('abort', onAbort, { once: true });
    if (limits.signal?.aborted) onAbort();
    this.#clock.sleep(limits.timeoutMs, limit.signal).then(
      () => this.#settle({ kind: 'timed-out' }, endedPage),
      // Aborted: the login ended before its limit.
      () => undefined,
    );
    const end = await this.#ended;
    limit.abort();
    limits.signal?.removeEventListener('abort', onAbort);
    if (end.kind === 'interrupted') throw new AppError('interrupted', 'interrupted');
    return end;
  }

  async close(server: Server): Promise<void> {
    this.#guard.abort();
    this.#settle({ kind: 'cancelled' }, endedPage);
    this.#show(stillWorkingPage);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const flushed = Promise.all(
      [...this.#inFlight].map((response) => new Promise((done) => response.on('close', done))),
    );
    const patience = setTimeout(() => server.closeAllConnections(), flushWithinMs);
    void flushed.then(() => server.closeAllConnections());
    await closed;
    clearTimeout(patience);
  }
}

function sendPage(response: ServerResponse, status: number, page: CallbackPage): void {
  response.writeHead(status, { ...pageHeaders, connection: 'close' }).end(renderCallbackPage(page));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', connection: 'close' };
  response.writeHead(status, headers).end(`${text}\n`);
}
