import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RefreshHome } from './refresh-home.js';
import type { TestHome } from './test-home.js';

export const flaggedFileOf = ({ root }: TestHome) => join(root, 'openai-codex-flagged-accounts.json');

/** Moves records from the pool to the flagged file, as an earlier run has left them. */
export function setAside(
  home: RefreshHome,
  ids: readonly string[],
  facts: Readonly<Record<string, unknown>> = { flaggedReason: 'refresh_token_invalidated' },
): void {
  const isMoved = ({ recordId }: { readonly recordId: string }) => ids.includes(recordId);
  const moved = home.records().filter(isMoved);
  const accounts = [
    ...home.flagged(),
    ...moved.map((record) => ({ ...record, flaggedAt: 1000, verificationCount: 2, movedAt: 1000, ...facts })),
  ];
  const pool = JSON.parse(readFileSync(home.home.poolFile, 'utf8'));
  const left = home.records().filter((record) => !isMoved(record));
  writeFileSync(flaggedFileOf(home.home), JSON.stringify({ version: 1, accounts }), { mode: 0o600 });
  writeFileSync(home.home.poolFile, JSON.stringify({ ...pool, accounts: left }), { mode: 0o600 });
}

/** Every file below the home with its bytes and its time: what a dry run must not change. */
export function filesOf({ directory }: TestHome): Record<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(
    paths.map((path) => {
      const facts = statSync(path);
      return [path, facts.isFile() ? `${facts.mtimeMs} ${readFileSync(path, 'utf8')}` : 'directory'];
    }),
  );
}
