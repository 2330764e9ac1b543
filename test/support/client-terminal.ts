import { appendFileSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.js';
import type { RealCodexHome } from './real-codex.js';
import type { Terminal } from './terminal.js';

/** Lets the client trust a directory: else it asks first whether it may work there. */
export function trust({ codexHome }: RealCodexHome, cwd: string): void {
  mkdirSync(cwd, { recursive: true });
  const settings = `\n[projects.${JSON.stringify(realpathSync(cwd))}]\ntrust_level = "trusted"\n`;
  appendFileSync(join(codexHome, 'config.toml'), settings);
}

/**
 * Types some words and Enter. The client takes keys that come at once for a text that was pasted, and so an Enter that
 * comes right after them.
 */
export async function say(terminal: Terminal, words: string): Promise<void> {
  await terminal.type(words);
  await terminal.shows(`› ${words}`);
  await systemClock.sleep(500);
  await terminal.press('Enter');
}
