import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Variables } from '../environment.js';
import { findOfficialClient } from '../shell/wiring.js';
import type { CodexHome } from './home.js';

/** Stopping the old server and waiting for the new one to answer takes the client half a second. */
const deadlineMs = 20_000;

/**
 * Restarts the background server by the official client's own command, which ends the turns that the server runs: ask
 * it first (`daemon.ts`).
 * Returns why it did not work, as a clause; undefined when it did.
 */
export async function restartDaemon(
  home: CodexHome,
  environment: Variables,
  signal: AbortSignal,
): Promise<string | undefined> {
  const client = findOfficialClient(environment) ?? managedClient(home);
  if (client === undefined) return 'there is no codex on PATH';
  const env = { ...environment, CODEX_HOME: home.directory };
  try {
    await promisify(execFile)(client, ['app-server', 'daemon', 'restart'], { env, timeout: deadlineMs, signal });
    return undefined;
  } catch {
    signal.throwIfAborted();
    // What the client prints may quote its configuration. Running the command by hand shows it.
    return `"${client} app-server daemon restart" failed`;
  }
}

/** The copy that the client has made of itself for its server. */
function managedClient({ directory }: CodexHome): string | undefined {
  const path = join(directory, 'packages', 'app-server-daemon', 'current', 'bin', 'codex');
  return existsSync(path) ? path : undefined;
}
