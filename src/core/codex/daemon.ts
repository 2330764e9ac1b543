import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Identity } from '../accounts/identity.js';
import type { Clock } from '../clock.js';
import { definedOnly } from '../defined-only.js';
import type { ControlConnection } from './control-connection.js';
import type { CodexHome } from './home.js';

/** What the official client's background server says of itself. */
export interface DaemonReport {
  /** Whose login it has in memory; `none` when it has none, or none of ChatGPT. */
  readonly login: Identity | 'none';
  /** Conversations with a turn under way; absent where it does not tell. */
  readonly busyThreads?: number;
}

export interface Asking {
  readonly clock: Clock;
  /** The version of this program, which the server writes into its log. */
  readonly version: string;
  readonly signal: AbortSignal;
}

/** The server answers within milliseconds unless something is wrong with it. */
const deadlineMs = 2_000;

/** Asks the background server of a home; undefined when there is none, or it does not answer in time. */
export async function askDaemon(home: CodexHome, asking: Asking): Promise<DaemonReport | undefined> {
  const socketPath = controlSocket(home);
  if (socketPath === undefined) return undefined;
  const { connectControl } = await import('./control-connection.js');
  const stopping = new AbortController();
  const { clock, version, signal } = asking;
  void clock.sleep(deadlineMs, AbortSignal.any([stopping.signal, signal])).then(
    () => stopping.abort(),
    () => stopping.abort(),
  );
  try {
    const connection = await connectControl(socketPath, version, stopping.signal);
    try {
      const login = await readLogin(connection);
      return definedOnly({ login, busyThreads: await countBusyThreads(connection) });
    } finally {
      connection.close();
    }
  } catch {
    // The server is gone, stuck, or of a version that speaks otherwise. The caller says that nothing is known about it.
    return undefined;
  } finally {
    stopping.abort();
  }
}

/** The path of the socket itself: the client puts it where the path is short enough for a socket, and links to it. */
function controlSocket({ directory }: CodexHome): string | undefined {
  try {
    return realpathSync(join(directory, 'app-server-control', 'app-server-control.sock'));
  } catch {
    // No background server has run here since the last boot.
    return undefined;
  }
}

const text = z.nullish(z.string());
const AccountAnswer = z.object({
  account: z.nullish(z.object({ type: z.string(), email: text })),
  userId: text,
  workspaceRouting: z.nullish(z.object({ chatgptAccountId: text })),
});

async function readLogin(connection: ControlConnection): Promise<DaemonReport['login']> {
  const { account, userId, workspaceRouting } = AccountAnswer.parse(await connection.call('account/read'));
  if (account?.type !== 'chatgpt') return 'none';
  return definedOnly({
    userId: userId ?? undefined,
    accountId: workspaceRouting?.chatgptAccountId ?? undefined,
    email: account.email ?? undefined,
  });
}

const LoadedThreads = z.object({ data: z.array(z.string()) });
const Thread = z.object({ thread: z.object({ status: z.object({ type: z.string() }) }) });

async function countBusyThreads(connection: ControlConnection): Promise<number | undefined> {
  try {
    const { data } = LoadedThreads.parse(await connection.call('thread/loaded/list'));
    const states = await Promise.all(data.map((threadId) => connection.call('thread/read', { threadId })));
    return states.filter((state) => Thread.parse(state).thread.status.type === 'active').length;
  } catch {
    // Whose login the server has is worth knowing without this number.
    return undefined;
  }
}
