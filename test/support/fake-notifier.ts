import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The notifier of a desktop, which writes down its arguments instead; first on PATH. */
export function fakeNotifier(directory: string, name = 'notify-send') {
  const bin = join(directory, 'desktop');
  const log = join(bin, 'notices');
  mkdirSync(bin, { recursive: true });
  writeFileSync(
    join(bin, name),
    `#!/bin/sh\nfor each in "$@"; do printf '%s\\036' "$each"; done >> '${log}'\necho >> '${log}'\n`,
    { mode: 0o755 },
  );
  return {
    variables: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    /** The arguments of each call. */
    notices(): string[][] {
      if (!existsSync(log)) return [];
      const calls = readFileSync(log, 'utf8').split('\u001e\n').slice(0, -1);
      return calls.map((call) => call.split('\u001e'));
    },
  };
}
