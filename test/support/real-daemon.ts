import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import * as z from 'zod/mini';
import { systemClock } from '../../src/core/clock.js';
import { connectControl } from '../../src/core/codex/control-connection.js';
import { systemErrorCode } from '../../src/core/errors.js';
import { type RealCodexHome, runCodex } from './real-codex.js';

/**
 * Starts the official client's background server in a home and ends it, and the updater it brings along, after the test.
 * It copies the client, 290 MB, into the home.
 */
export async function startRealDaemon(home: RealCodexHome): Promise<void> {
  onTestFinished(() => stopRealDaemon(home));
  const { exitCode, stderr } = await runCodex(['app-server', 'daemon', 'start'], { home, timeoutMs: 60_000 });
  if (exitCode !== 0) throw new Error(`the background server did not start: ${stderr}`);
}

function controlSocketOf({ codexHome }: RealCodexHome): string {
  return realpathSync(join(codexHome, 'app-server-control', 'app-server-control.sock'));
}

export interface Turn {
  /** Ends the turn, and waits until the server tells that it has ended. */
  interrupt(): Promise<void>;
}

/** Starts a turn of a new conversation in the background server. */
export async function startTurn(home: RealCodexHome): Promise<Turn> {
  const { codexHome } = home;
  const connection = await connectControl(controlSocketOf(home), '0.0.0-test', new AbortController().signal);
  onTestFinished(() => connection.close());
  const { thread } = Started.parse(await connection.call('thread/start', { cwd: codexHome }));
  const input = [{ type: 'text', text: 'hi' }];
  const { turn } = Begun.parse(await connection.call('turn/start', { threadId: thread.id, input }));
  await expect.poll(statusOf, { timeout: 10_000 }).toBe('active');

  async function statusOf(): Promise<string> {
    return Status.parse(await connection.call('thread/read', { threadId: thread.id })).thread.status.type;
  }
  return {
    async interrupt() {
      await connection.call('turn/interrupt', { threadId: thread.id, turnId: turn.id });
      await expect.poll(statusOf, { timeout: 10_000 }).toBe('idle');
    },
  };
}

const Started = z.object({ thread: z.object({ id: z.string() }) });
const Begun = z.object({ turn: z.object({ id: z.string() }) });
const Status = z.object({ thread: z.object({ status: z.object({ type: z.string() }) }) });

/**
 * Ends every process that runs from the copy of the client in this home, which are those of the test only. A server
 * that is asked to end takes its socket away, which is in a directory that all homes share.
 */
async function stopRealDaemon({ codexHome }: RealCodexHome): Promise<void> {
  for (const sign of ['SIGTERM', 'SIGKILL'] as const) {
    for (const pid of processesFrom(`${codexHome}/packages/`)) signal(pid, sign);
    const deadline = Date.now() + 5_000;
    while (processesFrom(`${codexHome}/packages/`).length > 0 && Date.now() < deadline) await systemClock.sleep(50);
  }
}

function processesFrom(directory: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => programOf(pid)?.startsWith(directory) === true).map(Number);
}

function programOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    // The process has ended, or is a thread of the kernel.
    return undefined;
  }
}

function signal(pid: number, sign: NodeJS.Signals): void {
  try {
    process.kill(pid, sign);
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}
