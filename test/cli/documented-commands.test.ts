import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { argumentsOf, commandLines, markdownFiles } from '../support/docs/markdown-files.js';
import { makeProject } from '../support/project-home.js';
import { alice, bob, RefreshHome } from '../support/refresh-home.js';
import { writeJson } from '../support/stored-accounts.js';
import { temporaryDirectory } from '../support/temporary.js';
import { flatFile } from '../support/token-files.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

/** Lines that wait for a person, start the client, or need a database, a service or `onEvent`: other tests run them. */
const waits =
  /^(login\b.*|(run|resume)\b.*|(share|sync)\b.*|guard --((un)?install|test-event)\b.*|export --encrypt.*|switch|)$/;

/** What a reader puts in the place of a name in angle brackets. */
const placeholders: Readonly<Record<string, string>> = {
  '<account>': 'work',
  '<name>': 'client',
  '<file>': '~/tokens/one.json',
  '<topic>': 'lock-busy',
  '<setting>': 'quotaTtlMs',
  '<value>': '2m',
};

/** README and the pages that lie directly in docs. Those of the commands are made from the command tree. */
const pages = markdownFiles().filter(({ path }) => /^(README|docs\/[^/]+)\.md$/.test(path));

const lines = [...new Set(pages.flatMap(commandLines).map((line) => argumentsOf(line).join(' ')))]
  .filter((line) => !waits.test(line))
  .sort();

/** A person with two accounts in a repository, another one, and token files in a directory. */
async function reader(): Promise<RefreshHome> {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  const { home } = seeded;
  makeProject(home);
  seeded.writeAuthFile(await seeded.addAccount('acc_home', alice, { accountLabel: 'home' }));
  await seeded.addAccount('acc_work', bob, { accountLabel: 'work', email: 'work@example.com' });
  const person = home.variables['HOME'] ?? '';
  writeJson(join(person, 'tokens', 'one.json'), flatFile(await provider.issueTokens(alice)));
  makeProject({ ...home, cwd: join(person, 'src', 'api') });
  return seeded;
}

/** The words as a shell hands them over, with `--yes` for a question, and `--once` for a command that would go on. */
function wordsOf(line: string, home: string): string[] {
  const words = line.split(' ').map((word) => (placeholders[word] ?? word).replace(/^~\//, `${home}/`));
  const [command = ''] = words;
  const consent =
    ['setup', 'uninstall', 'import', 'remove', 'export', 'models'].includes(command) && !words.includes('--print');
  const isAsked = consent && command !== 'export' && !words.includes('--dry-run') && !words.includes('--discover');
  return [...words, ...(isAsked ? ['--yes'] : []), ...(['guard', 'watch'].includes(line) ? ['--once'] : [])];
}

describe('a command line of the documentation does what it is there for', () => {
  test('there are many', () => expect(lines.length).toBeGreaterThan(35));

  test.each(lines)('codex-auth %s', async (line) => {
    const { home } = await reader();
    const person = home.variables['HOME'] ?? '';
    mkdirSync(join(person, 'src', 'api'), { recursive: true });
    const variables = { SHELL: '/bin/sh', PATH: '/usr/bin:/bin' };
    const shell = line.startsWith('setup') && !line.includes('--print') ? ['--shell', 'bash'] : [];
    const argv = [...wordsOf(line, person), ...shell];
    const { exitCode, stdout, stderr } = await runCli(home, argv, { variables });
    // 1 is an answer too: something needs attention. 3 says that there is nothing, such as no account before this one.
    expect([0, 1, 3], stdout + stderr).toContain(exitCode);
    expect(stderr).not.toMatch(/unexpected|unknown (command|option)/);
  });
});
