import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { findRealCodex, type RealCodexHome } from './real-codex.js';

/** The official client's app-server on stdio, for as long as a test needs it (official-client.md#background-server). */
export interface AppServer {
  /** The result of one JSON-RPC call. Throws with the server's own message when it refuses. */
  call(method: string, params?: object): Promise<Record<string, unknown>>;
  /** What the server tells with the next notification of this name. */
  told(method: string): Promise<unknown>;
  stop(): Promise<void>;
}

interface Answer {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
  readonly method?: string;
  readonly params?: unknown;
}

/** `program` is another name of the client's file. */
export async function startAppServer(home: RealCodexHome, program?: string): Promise<AppServer> {
  const codex = findRealCodex();
  if ('missing' in codex) throw new Error(codex.missing);
  const child = spawn(program ?? codex.path, ['app-server'], {
    cwd: home.env['HOME'],
    env: home.env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const waiting = new Map<number, (answer: Answer) => void>();
  const listeners = new Map<string, (params: unknown) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as Answer;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
    else if (answer.method !== undefined) listeners.get(answer.method)?.(answer.params);
  });
  const send = (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`);

  async function call(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = waiting.size + 1;
    const answered = new Promise<Answer>((resolve, reject) => {
      waiting.set(id, resolve);
      void ended.then(() => reject(new Error(`the app-server ended before it answered ${method}`)));
    });
    send({ id, method, params });
    const { result, error } = await answered;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  await call('initialize', {
    clientInfo: { name: 'codex-auth-test', title: 'codex-auth test', version: '0.0.0' },
    capabilities: { experimentalApi: true },
  });
  send({ method: 'initialized' });
  function told(method: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      listeners.set(method, resolve);
      void ended.then(() => reject(new Error(`the app-server ended before it told ${method}`)));
    });
  }

  return {
    call,
    told,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
