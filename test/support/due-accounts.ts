import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ProgramProcess } from './program-process.js';
import type { Provider } from './provider/start.js';
import { RefreshHome, recordOf } from './refresh-home.js';

const counter = fileURLToPath(new URL('count-bytes.mjs', import.meta.url));

/** What one command took. */
export interface Cost {
  /** Bytes of the pool, its backups and temporary files. */
  readonly read: number;
  readonly written: number;
  readonly cpuMs: number;
  readonly wallMs: number;
}

export const dueEmail = (index: number) => `person-${index}@example.com`;

/** A home with this many accounts of different people, all of whose access tokens are over. */
export async function homeOfDue(provider: Provider, directory: string, count: number): Promise<RefreshHome> {
  const due = new RefreshHome(directory, provider);
  const indexes = Array.from({ length: count }, (_, index) => index + 1);
  const accounts = await Promise.all(
    indexes.map(async (index) => {
      const who = { email: dueEmail(index) };
      provider.people.addAccount(who);
      const tokens = await provider.issueTokens({ ...who, expiresInSeconds: -60 });
      return recordOf(`acc_${index}`, tokens, provider.issuer, {});
    }),
  );
  mkdirSync(due.home.root, { recursive: true, mode: 0o700 });
  writeFileSync(due.home.poolFile, JSON.stringify({ version: 3, accounts, activeIndex: 0 }), { mode: 0o600 });
  return due;
}

/** Runs the built program and says what it took of the pool and of the processor. */
export async function costOf({ home }: RefreshHome, argv: readonly string[]): Promise<Cost> {
  const log = join(home.directory, 'cost.json');
  const variables = {
    NODE_OPTIONS: `--import ${counter}`,
    COUNT_BYTES_OF: 'openai-codex-accounts.json',
    COUNT_BYTES_LOG: log,
  };
  const startedAt = performance.now();
  const { exitCode, stderr } = await new ProgramProcess(home, argv, { variables, timeoutMs: 300_000 }).ended;
  const wallMs = performance.now() - startedAt;
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode}: ${stderr}`);
  const { read, written, cpuMs } = JSON.parse(readFileSync(log, 'utf8'));
  return { read, written, cpuMs, wallMs };
}
