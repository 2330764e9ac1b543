import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from 'oidc-provider';
import type { Fault } from './scenario.js';

type StatusFault = Extract<Fault, { kind: 'status' }>;

/** 429 of the kind that names no limit, only a wait. */
export function rateLimited(retryAfterSeconds: number): StatusFault {
  return {
    kind: 'status',
    status: 429,
    headers: { 'retry-after': String(retryAfterSeconds) },
    body: { error: { type: 'rate_limit_exceeded', message: 'Too many requests' } },
  };
}

/** 429 of an exhausted quota window (official-client.md#backend). */
export function usageLimitReached(resetsInSeconds: number, planType = 'plus'): StatusFault {
  return {
    kind: 'status',
    status: 429,
    body: (nowMs: number) => ({
      error: {
        type: 'usage_limit_reached',
        plan_type: planType,
        resets_at: Math.floor(nowMs / 1000) + resetsInSeconds,
        resets_in_seconds: resetsInSeconds,
      },
    }),
  };
}

/** A refusal in the shape of the OAuth server or the backend. */
export function refused(status: number, code: string): StatusFault {
  return { kind: 'status', status, body: { error: { code, message: `stand-in: ${code}` } } };
}

/** 403 with the page that a bot filter in front of the provider shows. */
export function challenge(): StatusFault {
  return {
    kind: 'status',
    status: 403,
    headers: { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare', 'cf-mitigated': 'challenge' },
    body: '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Enable JavaScript and cookies to continue</body></html>',
  };
}

/** Answers one request the way `fault` says. `process` does the endpoint's real work and leaves it in `ctx`. */
export async function applyFault(
  ctx: Context,
  fault: Fault,
  process: () => Promise<void>,
  stopped: AbortSignal,
  nowMs: number,
): Promise<void> {
  switch (fault.kind) {
    case 'normal':
      return process();
    case 'slow':
      await delay(fault.ms, undefined, { signal: stopped });
      return process();
    case 'held':
      await fault.until;
      return process();
    case 'status':
      ctx.status = fault.status;
      ctx.body = (typeof fault.body === 'function' ? fault.body(nowMs) : fault.body) ?? {};
      for (const [name, value] of Object.entries(fault.headers ?? {})) ctx.set(name, value);
      return;
    case 'garbage':
      ctx.type = 'text/html';
      ctx.body = fault.body ?? '<html><body>Service temporarily unavailable</body></html>';
      ctx.status = 200;
      return;
    case 'huge':
      ctx.type = 'application/json';
      ctx.body = spaces(fault.bytes);
      ctx.status = 200;
      return;
    case 'redirect':
      ctx.redirect(fault.to);
      ctx.status = 307;
      return;
    case 'hang':
      ctx.respond = false;
      return;
    case 'reset':
      return cut(ctx);
    case 'resetAfterProcessing':
      await process();
      return cut(ctx);
    case 'processedThen500':
      await process();
      ctx.body = { error: { code: 'server_error' } };
      ctx.status = 500;
      return;
    case 'torn':
      await process();
      return sendHalf(ctx);
    case 'duplicated':
      await process();
      return sendTwice(ctx);
    case 'drip':
      await process();
      return drip(ctx, fault.intervalMs, stopped);
  }
}

function cut(ctx: Context): void {
  ctx.respond = false;
  ctx.req.socket.resetAndDestroy();
}

function sendHalf(ctx: Context): void {
  const body = startRawAnswer(ctx);
  ctx.res.write(body.subarray(0, Math.floor(body.length / 2)), () => ctx.req.socket.destroy());
}

function sendTwice(ctx: Context): void {
  const body = Buffer.from(typeof ctx.body === 'string' ? ctx.body : JSON.stringify(ctx.body));
  const head = `HTTP/1.1 ${ctx.status} -\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  ctx.respond = false;
  ctx.req.socket.end(`${head}${body}${head}${body}`);
}

async function drip(ctx: Context, intervalMs: number, stopped: AbortSignal): Promise<void> {
  const body = startRawAnswer(ctx);
  for (let sent = 0; sent < body.length && !ctx.res.destroyed; sent += 1) {
    ctx.res.write(body.subarray(sent, sent + 1));
    await delay(intervalMs, undefined, { signal: stopped });
  }
  ctx.res.end();
}

/** Sends the head of the answer that is in `ctx`, and returns its body for the caller to send as it likes. */
function startRawAnswer(ctx: Context): Buffer {
  const { status } = ctx;
  const body = Buffer.from(typeof ctx.body === 'string' ? ctx.body : JSON.stringify(ctx.body));
  ctx.respond = false;
  ctx.res.writeHead(status, { 'content-length': body.length });
  return body;
}

function spaces(bytes: number): Readable {
  const chunk = Buffer.alloc(64 * 1024, ' ');
  let left = bytes;
  return new Readable({
    read() {
      const size = Math.min(left, chunk.length);
      left -= size;
      this.push(size === 0 ? null : chunk.subarray(0, size));
    },
  });
}
