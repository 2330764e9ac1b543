import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { CommanderError } from '@commander-js/extra-typings';
import { beforeAll, describe, expect, it } from 'vitest';
import { allPages, generatedDirectories } from '../../docs/generator/all-pages.js';
import { inertProgram } from '../../docs/generator/command-tree.js';
import { createTestHome, runCli } from '../support/cli.js';
import {
  anchorsOf,
  argumentsOf,
  commandLines,
  linkTargets,
  markdownFiles,
  project,
} from '../support/docs/markdown-files.js';

describe('the generated pages', () => {
  let pages: Map<string, string>;
  beforeAll(async () => {
    pages = await allPages();
  });

  it('say what the code says (npm run docs)', () => {
    const stale = [...pages].filter(([path, content]) => committed(path) !== content).map(([path]) => path);
    expect(stale).toEqual([]);
  });

  it('are the only ones in their directories (npm run docs)', () => {
    const files = generatedDirectories.flatMap((directory) =>
      readdirSync(join(project, 'docs', directory)).map((name) => `${directory}/${name}`),
    );
    expect(files.filter((path) => !pages.has(path))).toEqual([]);
  });

  it('cover every command with examples and a JSON document', () => {
    const commands = [...pages].filter(([path]) => path.startsWith('commands/') && !path.endsWith('README.md'));
    expect(commands.length).toBeGreaterThan(7);
    for (const [path, content] of commands) {
      const isGroup = content.includes('| command | what it does |');
      expect(isGroup || content.includes('## Examples'), `${path} has examples`).toBe(true);
      expect(isGroup || content.includes('../json/'), `${path} has a JSON document`).toBe(true);
    }
  });

  function committed(path: string): string | undefined {
    const file = join(project, 'docs', path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }
});

describe('every page', () => {
  const files = markdownFiles();
  const byPath = new Map(files.map((file) => [file.path, file]));

  it('links only to files and headings that exist', () => {
    const dead = files.flatMap((file) =>
      linkTargets(file)
        .filter((target) => !/^(https?|mailto):/.test(target))
        .filter((target) => isDead(file.path, target))
        .map((target) => `${file.path}: ${target}`),
    );
    expect(dead).toEqual([]);
  });

  function isDead(from: string, target: string): boolean {
    const [path = '', anchor] = target.split('#');
    const to = path === '' ? from : normalize(join(dirname(from), path)).replaceAll('\\', '/');
    if (!existsSync(join(project, to))) return true;
    const page = byPath.get(to);
    return anchor !== undefined && (page === undefined || !anchorsOf(page).includes(anchor));
  }

  it('shows only command lines that the program understands', async () => {
    const lines = files.flatMap((file) => commandLines(file).map((line) => ({ path: file.path, line })));
    expect(lines.length).toBeGreaterThan(20);
    const refused: string[] = [];
    for (const { path, line } of lines) {
      const reason = await refusalOf(argumentsOf(line));
      if (reason !== undefined) refused.push(`${path}: ${line}: ${reason}`);
    }
    expect(refused).toEqual([]);
  });
});

it('a command line with a mistake is not understood', async () => {
  expect(await refusalOf(['switch', '--no-such-option'])).toContain('unknown option');
  expect(await refusalOf(['no-such-command'])).toContain('unknown command');
  expect(await refusalOf(['enable'])).toContain('missing required argument');
});

async function refusalOf(argv: readonly string[]): Promise<string | undefined> {
  // The topics of `help` are no commands.
  if (argv[0] === 'help') {
    const words = argv.map((word) => (word === '<topic>' ? 'topics' : word));
    const { exitCode, stderr } = await runCli(createTestHome(), words);
    return exitCode === 0 ? undefined : stderr;
  }
  try {
    await inertProgram().parseAsync(argv.length === 0 ? ['--help'] : argv, { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? undefined : error.message;
  }
}
