/** One request to the provider. Redirects are never followed (P20). */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /**
   * Milliseconds for the whole exchange, the body included. Only the time in which this process runs counts, and what
   * has arrived by the end is read.
   */
  readonly deadlineMs: number;
  /** Cap on the answer's body in bytes; 1 MiB unless told. */
  readonly maxBytes?: number;
  /**
   * For an answer that is a stream: called with the text so far at every part that comes. When it returns true, that
   * text is the answer, and the connection ends; deadline and cap hold until then.
   */
  readonly isEnough?: (text: string) => boolean;
  readonly signal?: AbortSignal;
  /** A connection of its own, never a pooled one: for requests that must not be sent twice by a stale keep-alive (P4). */
  readonly freshConnection?: boolean;
}

export type UnsentReason = 'dns' | 'refused' | 'connect-timeout' | 'tls' | 'proxy' | 'connect-failed';
export type NoAnswerReason = 'timeout' | 'reset' | 'too-large' | 'aborted';

/**
 * What became of a request. `unsent` is a proof: no byte of the request body left this process, so repeating it is
 * safe. `no-answer` means nobody knows whether the server acted on it.
 */
export type HttpOutcome =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: 'unsent'; readonly reason: UnsentReason; readonly message: string }
  | { readonly kind: 'no-answer'; readonly reason: NoAnswerReason; readonly message: string };

export interface HttpClient {
  send(request: HttpRequest): Promise<HttpOutcome>;
  /** Closes idle connections, so that the process can end. */
  close(): Promise<void>;
}

export type Answer = Extract<HttpOutcome, { kind: 'answer' }>;
type Headers = Answer['headers'];

/** The server's clock in milliseconds since the epoch. */
export function readServerDate(headers: Headers): number | undefined {
  const time = Date.parse(headers['date'] ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/** RFC 9110 section 10.2.3: seconds, or a date, which only the server's own clock can turn into a distance. */
export function readRetryAfterMs(headers: Headers): number | undefined {
  const value = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const [until, now] = [Date.parse(value), readServerDate(headers)];
  return Number.isNaN(until) || now === undefined ? undefined : Math.max(0, until - now);
}
