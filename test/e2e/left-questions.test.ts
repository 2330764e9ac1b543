import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { homeOfAlice } from '../support/seed.js';
import { missingForTerminal, Terminal } from '../support/terminal.js';
import { useProvider } from '../support/use-provider.js';

const why = missingForTerminal === undefined ? '' : ` (skipped: ${missingForTerminal} is not installed)`;

/** One question comes before anything is sent, the other after an answer on a connection that is kept. */
const questions = [
  { line: 'remove 1', asked: 'Remove alice@example.com' },
  { line: 'models', asked: /Send \d requests/ },
] as const;

describe.skipIf(missingForTerminal !== undefined)(`a question that is left without an answer${why}`, () => {
  const provider = useProvider();

  test.each(questions)('by Ctrl-D in $line is interrupted', async ({ line, asked }) => {
    const { home } = await homeOfAlice(provider);
    const terminal = await Terminal.open(home);
    await terminal.run(`codex-auth ${line}`);
    await terminal.shows(asked);
    await terminal.press('C-d');
    await terminal.shows('error: interrupted');
    expect(await terminal.exitCode()).toBe(130);
  });

  test.each(questions)('by Ctrl-Z in $line is asked again when the job goes on', async ({ line, asked }) => {
    const { home } = await homeOfAlice(provider);
    const terminal = await Terminal.open(home);
    await terminal.run(`codex-auth ${line}`);
    await terminal.shows(asked);
    await terminal.press('C-z');
    await terminal.shows('Stopped');
    await terminal.run('clear; fg');
    await terminal.hides('Stopped');
    await terminal.shows(asked);
    await terminal.type('n');
    await terminal.press('Enter');
    expect(await terminal.exitCode()).toBe(1);
  });

  test.each(questions)('in $line on a terminal that is closed ends as the terminal says', async ({ line, asked }) => {
    const { home } = await homeOfAlice(provider);
    const status = join(home.directory, 'status');
    const terminal = await Terminal.open(home);
    await terminal.run(`sh -c 'trap "" HUP; codex-auth ${line}; echo $? >${status}.part; mv ${status}.part ${status}'`);
    await terminal.shows(asked);
    await terminal.close();
    await vi.waitFor(() => expect(existsSync(status)).toBe(true), 20_000);
    // Of SIGHUP, and with no memory dump of a process that knows logins, as an abort would leave.
    expect(readFileSync(status, 'utf8')).toBe('129\n');
  });
});
