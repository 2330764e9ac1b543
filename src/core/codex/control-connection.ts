import { Agent, WebSocket } from 'undici';
import * as z from 'zod/mini';
import { jsonIn } from '../json-text.js';

/** JSON-RPC with a running app-server of the official client. */
export interface ControlConnection {
  /** The result of one call. Throws when the server refuses it, goes away, or the signal aborts. */
  call(method: string, params?: object): Promise<unknown>;
  close(): void;
}

const Answer = z.object({
  id: z.exactOptional(z.number()),
  result: z.exactOptional(z.unknown()),
  error: z.exactOptional(z.unknown()),
});

/**
 * Connects to the control socket of the official client's background server: a WebSocket on a Unix socket that speaks
 * the JSON-RPC of `codex app-server` (official-client.md#background-server). This file loads undici: import it
 * dynamically.
 */
export async function connectControl(
  socketPath: string,
  version: string,
  signal: AbortSignal,
): Promise<ControlConnection> {
  const agent = new Agent({ connect: { socketPath } });
  const socket = new WebSocket('ws://localhost/', { dispatcher: agent });
  const waiting = new Map<number, (answer: z.infer<typeof Answer>) => void>();
  let fail: (reason: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Every call races against `failed`. Between two calls nothing else handles its rejection.
  failed.catch(() => undefined);
  const abort = () => fail(new Error('no answer in time'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  socket.addEventListener('close', () => fail(new Error('the connection was closed')));
  // An error is always followed by `close`.
  socket.addEventListener('error', () => undefined);
  socket.addEventListener('message', ({ data }) => {
    const answer = Answer.safeParse(jsonIn(String(data)));
    if (answer.data?.id !== undefined) waiting.get(answer.data.id)?.(answer.data);
  });

  const send = (message: object) => socket.send(JSON.stringify(message));
  async function call(method: string, params: object = {}): Promise<unknown> {
    const id = waiting.size + 1;
    const answered = new Promise<z.infer<typeof Answer>>((resolve) => waiting.set(id, resolve));
    send({ id, method, params });
    const { result, error } = await Promise.race([answered, failed]);
    if (error !== undefined) throw new Error(`${method} was refused`);
    return result;
  }
  function close(): void {
    signal.removeEventListener('abort', abort);
    void agent.destroy();
  }

  try {
    const opened = new Promise<void>((resolve) => socket.addEventListener('open', () => resolve(), { once: true }));
    await Promise.race([opened, failed]);
    await call('initialize', {
      clientInfo: { name: 'codex-auth', title: 'codex-auth', version },
      capabilities: { experimentalApi: true },
    });
    send({ method: 'initialized' });
    return { call, close };
  } catch (error) {
    close();
    throw error;
  }
}
