import { existsSync, lstatSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { runCli, runJson } from '../support/cli.js';
import { ProgramProcess } from '../support/program-process.js';
import { isMissing, typeInShell } from '../support/real-shells.js';
import { alice, type RefreshHome } from '../support/refresh-home.js';
import { twoHome } from '../support/seed.js';
import { missingForTerminal, programIn, Terminal } from '../support/terminal.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
let seeded: RefreshHome;
beforeEach(async () => {
  seeded = await twoHome(provider);
  provider.scenario.setUsage(alice.accountId, { fiveHourPercent: 20, weeklyPercent: 59 });
  await runCli(seeded.home, ['usage']);
});

/** Everything that is on disk below the home, with when it was last written to. */
function filesOf({ home }: RefreshHome): string[] {
  const names = readdirSync(home.directory, { recursive: true, encoding: 'utf8' });
  return names.map((name) => `${name} ${lstatSync(join(home.directory, name)).mtimeMs}`).sort();
}

describe('the bundle that a prompt starts', () => {
  test('says the same as the command, however it is asked, and a thousand prompts leave nothing behind', async () => {
    const { home } = seeded;
    const said = async (...argv: string[]) => (await new ProgramProcess(home, argv).ended).stdout.trimEnd();
    await new ProgramProcess(home, ['segment', '--help']).ended;
    const before = filesOf(seeded);
    provider.requests.clear();
    for (const format of ['plain', 'bash', 'zsh', 'fish', 'tmux', 'starship']) {
      const { text } = (await runJson(home, ['segment', '--format', format])).document.data;
      expect(await said('segment', '--format', format)).toBe(text);
      expect(await said('auth', 'segment', `--format=${format}`)).toBe(text);
    }
    const text = 'alice 5h 80% 7d 41%';
    for (let batch = 0; batch < 25; batch += 1) {
      const texts = await Promise.all(Array.from({ length: 4 }, () => said('segment')));
      expect(new Set(texts)).toEqual(new Set([text]));
    }
    const again = { preload: ['run-again.mjs'], variables: { RUN_TIMES: '225' } };
    const many = await Promise.all(Array.from({ length: 4 }, () => new ProgramProcess(home, ['segment'], again).ended));
    for (const { stdout, exitCode } of many) expect([stdout, exitCode]).toEqual([`${text}\n`.repeat(225), 0]);
    expect(filesOf(seeded)).toEqual(before);
    expect(provider.requests.all).toEqual([]);
    const unknown = await new ProgramProcess(home, ['segment', '--format', 'csh']).ended;
    expect(unknown.exitCode).toBe(2);
  });

  test('says where to look where something cannot be read, and ends well all the same', async () => {
    writeFileSync(seeded.home.poolFile, '{');
    const { stdout, stderr, exitCode } = await new ProgramProcess(seeded.home, ['segment']).ended;
    expect([stdout, stderr, exitCode]).toEqual(['! codex-auth doctor\n', '', 0]);
  });
});

describe('a name full of code', () => {
  const name = '#(id>f)%n$(id>f)`id>f`';
  const shownInShells = '#(id>f)%n?(id>f)?id>f?';
  beforeEach(async () => {
    expect((await runCli(seeded.home, ['label', 'acc_home', name])).exitCode).toBe(0);
  });
  const isForged = () =>
    [seeded.home.cwd, seeded.home.variables['HOME'] ?? ''].some((each) => existsSync(join(each, 'f')));

  test.skipIf(isMissing('bash'))('is none in bash, substituted in the prompt or before it', async () => {
    for (const line of [`PS1='$(codex-auth segment --format bash)'`, `PS1="$(codex-auth segment --format bash)"`]) {
      const { stdout } = await typeInShell('bash', `${line}; echo "\${PS1@P}"`, { env: envOf(seeded) });
      expect(stdout).toContain(shownInShells);
      expect(isForged()).toBe(false);
    }
  });

  test.skipIf(isMissing('zsh'))('is none in zsh, substituted in the prompt or before it', async () => {
    for (const line of [`PROMPT='$(codex-auth segment --format zsh)'`, `PROMPT="$(codex-auth segment --format zsh)"`]) {
      const { stdout } = await typeInShell('zsh', `setopt prompt_subst; ${line}; print -P -- "$PROMPT"`, {
        env: envOf(seeded),
      });
      expect(stdout).toContain(shownInShells);
      expect(stdout).toContain('80%');
      expect(isForged()).toBe(false);
    }
  });

  test.skipIf(isMissing('fish'))('is none in fish', async () => {
    const line = 'function fish_right_prompt; codex-auth segment --format fish; end; fish_right_prompt';
    const { stdout } = await typeInShell('fish', line, { env: envOf(seeded) });
    expect(stdout).toContain(name);
    expect(isForged()).toBe(false);
  });

  test.skipIf(missingForTerminal !== undefined)('is none in the status bar of tmux', async () => {
    const terminal = await Terminal.open(seeded.home, { columns: 120 });
    const configuration = join(seeded.home.directory, 'tmux.conf');
    writeFileSync(
      configuration,
      "set -g status-right-length 100\nset -g status-right '#(codex-auth segment --format tmux)'\nset -g status-interval 1\n",
    );
    await terminal.run(
      `env -u TMUX tmux -S ${join(seeded.home.directory, 's')} -f ${configuration} new-session 'sleep 8'`,
    );
    await terminal.shows(name, '80%');
    expect(isForged()).toBe(false);
  });
});

describe('setup --segment', () => {
  const shown = 'alice 5h 80% 7d 41%';

  test.skipIf(isMissing('bash') || isMissing('zsh') || isMissing('fish'))(
    'puts it into the prompts of new shells',
    async () => {
      const { home } = seeded;
      const env = { ...envOf(seeded), SHELL: '/bin/bash' };
      const argv = ['setup', '--yes', '--segment', 'bash', 'zsh', 'fish', 'tmux'];
      const done = await new ProgramProcess(home, argv, { variables: env }).ended;
      expect(done.exitCode, done.stderr).toBe(0);
      // bash makes a prompt only where it has a terminal.
      const inBash = await typeInShell('bash', `PS1="$ "; . ~/.bashrc; . ~/.bashrc; echo "\${PS1@P}"`, { env });
      expect(inBash.stdout).toContain(`${shown} $ `);
      expect(inBash.stdout.split(shown)).toHaveLength(2);
      const inZsh = await typeInShell('zsh', 'print -P -- "$RPROMPT"', { env });
      expect(inZsh.stdout).toContain(shown);
      const inFish = await typeInShell('fish', 'fish_right_prompt', { env });
      expect(inFish.stdout).toContain(shown);
      if (missingForTerminal !== undefined) return;
      const terminal = await Terminal.open(home, { columns: 160 });
      const socket = join(home.directory, 's');
      await terminal.run(
        `env -u TMUX tmux -S ${socket} -f ~/.tmux.conf new-session 'tmux set -g status-right-length 90; sleep 8'`,
      );
      await terminal.shows(shown);
    },
  );
});

/** An environment with `codex-auth` on PATH. */
function envOf({ home }: RefreshHome): Record<string, string> {
  return { ...home.variables, PATH: `${programIn(home)}:${home.variables['PATH']}` };
}
