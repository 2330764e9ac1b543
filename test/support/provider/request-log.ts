import type { IncomingHttpHeaders } from 'node:http';
import { endpointPaths, type Fault } from './scenario.js';

export interface LoggedRequest {
  /** Milliseconds since the epoch, this machine's clock. */
  readonly at: number;
  /** The same by the provider's clock, which a scenario can set. */
  readonly receivedAt: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed when JSON or a form, else the text; undefined without one or when compressed. */
  readonly body: unknown;
  /** Undefined until answered, and for ever when the connection was cut before a status line. */
  readonly status: number | undefined;
  /** The kind of the fault that it met. */
  fault?: Fault['kind'];
}

/** Every request that reached the stand-in, in order of arrival. */
export class RequestLog {
  readonly all: LoggedRequest[] = [];
  readonly #open = new Set<LoggedRequest>();
  readonly #unprocessed = new Set<LoggedRequest>();
  readonly #peak = new Map<string, number>();

  begin(request: LoggedRequest): void {
    this.all.push(request);
    this.#open.add(request);
    this.#unprocessed.add(request);
    const open = [...this.#open].filter(({ path }) => path === request.path).length;
    this.#peak.set(request.path, Math.max(open, this.maxConcurrent(request.path)));
  }

  /** Called before the answer leaves: the next request of its receiver must not count as overlapping with this one. */
  end(request: LoggedRequest): void {
    this.#open.delete(request);
  }

  /**
   * Called when all that the request brings about has come about, whether or not a client still waits for the answer.
   */
  processed(request: LoggedRequest): void {
    this.#unprocessed.delete(request);
  }

  to(path: string): LoggedRequest[] {
    return this.all.filter((request) => request.path === path);
  }

  /** The refresh requests, successful or not: what contention tests count. */
  refreshes(): LoggedRequest[] {
    return this.to(endpointPaths.token).filter((request) => field(request, 'grant_type') === 'refresh_token');
  }

  /** How many are being answered now. */
  get openNow(): number {
    return this.#open.size;
  }

  /** How many requests may still bring something about, also when no client waits for them any more. */
  get unprocessedNow(): number {
    return this.#unprocessed.size;
  }

  /** How many requests to `path` were open at the same time at worst. */
  maxConcurrent(path: string): number {
    return this.#peak.get(path) ?? 0;
  }

  clear(): void {
    this.all.length = 0;
    this.#peak.clear();
  }
}

/** A string member of a parsed body. */
export function field(request: { readonly body: unknown }, name: string): string | undefined {
  const { body } = request;
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Reflect.get(body, name);
  return typeof value === 'string' ? value : undefined;
}
