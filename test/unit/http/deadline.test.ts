import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { HttpOutcome } from '../../../src/core/http/client.js';
import { createHttpClient } from '../../../src/core/http/undici-client.js';
import { startServerThread } from '../../support/server-thread.js';

interface Trial {
  readonly deadlineMs: number;
  /** After the request has come in. */
  readonly answersAfterMs: number;
  readonly stoppedMs: number;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request, and lets this process stand still from the moment it has come in. */
async function sendAndStop({ deadlineMs, stoppedMs, body = Buffer.from('arrived'), ...answer }: Trial) {
  const server = await startServerThread({ body, ...answer });
  const http = createHttpClient({ proxyFor: () => ({ kind: 'direct', source: 'none' }) });
  onTestFinished(() => http.close());
  const url = `http://127.0.0.1:${server.port}/`;
  const outcome = http.send({ method: 'POST', url, body: 'x', deadlineMs, freshConnection: true });
  await server.asked;
  standStill(stoppedMs);
  return outcome;
}

function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const arrived = { kind: 'answer', status: 200, body: 'arrived' } satisfies Partial<HttpOutcome>;

describe('a process that stands still past the deadline of its request', () => {
  test('finds the answer that has arrived meanwhile', async () => {
    expect(await sendAndStop({ deadlineMs: 1_000, answersAfterMs: 50, stoppedMs: 1_500 })).toMatchObject(arrived);
  });

  test('also when it has to be unpacked', async () => {
    const packed = { body: gzipSync('arrived'), headers: { 'content-encoding': 'gzip' } };
    const outcome = await sendAndStop({ deadlineMs: 1_000, answersAfterMs: 50, stoppedMs: 1_500, ...packed });
    expect(outcome).toMatchObject(arrived);
  });

  test('also when it is long', async () => {
    const body = Buffer.alloc(900_000, 'x');
    const outcome = await sendAndStop({ deadlineMs: 1_000, answersAfterMs: 50, stoppedMs: 1_500, body });
    expect(outcome).toMatchObject({ kind: 'answer', body: body.toString() });
  });

  test('gives an answer that arrives after it went on the whole time once more', async () => {
    expect(await sendAndStop({ deadlineMs: 500, answersAfterMs: 1_800, stoppedMs: 1_500 })).toMatchObject(arrived);
  });

  test('gives up when nothing arrives', async () => {
    const outcome = await sendAndStop({ deadlineMs: 200, answersAfterMs: 60_000, stoppedMs: 1_000 });
    expect(outcome).toMatchObject({ kind: 'no-answer', reason: 'timeout' });
  });
});
