import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { runBuilt } from '../support/built.js';
import { createTestHome, type TestHome } from '../support/cli.js';
import { filesRunIn } from '../support/files-run.js';
import { builtProject } from '../support/program-process.js';
import { alice, writePool } from '../support/sample-pool.js';
import { temporaryDirectory } from '../support/temporary.js';
import { writePrivate } from '../support/worlds.js';

interface Input {
  readonly imports: readonly { readonly path: string; readonly kind: string }[];
}

/** esbuild's own account of what is in a bundle and who imports whom (https://esbuild.github.io/api/#metafile). */
const inputs = inputsOf('cli');

function inputsOf(bundle: string): Readonly<Record<string, Input>> {
  return JSON.parse(readFileSync(join(builtProject(), 'dist', `${bundle}.metafile.json`), 'utf8')).inputs;
}

/** What only draws the dashboard. */
const drawing = ['ink', 'react', 'react-reconciler', 'yoga-layout'];

/** What a command that reads offline must not load. */
const heavy = [
  ...['undici', 'open', 'proper-lockfile', 'smol-toml', 'age-encryption', 'cli-table3', '@napi-rs', '@inquirer'],
  ...drawing,
];
const offline = ['list', 'status', 'forecast', 'best', 'report'];

/** A source by its path in the project; a private build, made where `dist` is out of date, names it from elsewhere. */
const belowProject = (source: string) => source.replace(/^(\.\.\/)+.*?(?=(src|node_modules)\/)/, '');

function sourceOf(end: string): string {
  const found = Object.keys(inputs).find((name) => name.endsWith(end));
  if (found === undefined) throw new Error(`${end} is in no bundle`);
  return found;
}

const commandSource = (name: string) => sourceOf(`src/cli/commands/${name}.ts`);
const main = sourceOf('src/main.ts');

/** The sources that run when `source` does, itself included; those that it imports on demand are left out. */
function runWith(source: string, run = new Set<string>()): Set<string> {
  if (run.has(source)) return run;
  run.add(source);
  // Sources of ours require inside of a function only.
  const atOnce = source.includes('node_modules/') ? ['import-statement', 'require-call'] : ['import-statement'];
  for (const { path, kind } of inputs[source]?.imports ?? []) if (atOnce.includes(kind)) runWith(path, run);
  return run;
}

/** What the sources that run with one import on demand, and all that comes with it. */
function runLater(source: string): Set<string> {
  const later = [...runWith(source)].flatMap((each) =>
    (inputs[each]?.imports ?? []).filter(({ kind }) => kind === 'dynamic-import').map(({ path }) => path),
  );
  return new Set(later.flatMap((each) => [...runWith(each)]));
}

/** The npm packages among these sources; those that are files of their own (`dist/apart`) by the name of the file. */
function packagesIn(sources: Iterable<string>): string[] {
  const packages = [...sources].flatMap((source) => {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(source)?.[1];
    return name ?? /^\.\/apart\/(.+)\.cjs$/.exec(source)?.[1]?.replace(/^inquirer-/, '@inquirer/') ?? [];
  });
  return [...new Set(packages)].sort();
}

const isHeavy = (name: string) => heavy.some((each) => name === each || name.startsWith(`${each}/`));
const commands = () => readdirSync(join(builtProject(), 'src', 'cli', 'commands')).map((file) => basename(file, '.ts'));

describe('the program', () => {
  it('starts with the command tree, and no other package', () => {
    expect(packagesIn(runWith(main))).toEqual(['@commander-js/extra-typings', 'commander']);
  });

  it('runs the code of a command only when that is asked for', () => {
    const started = [...runWith(main)].map(belowProject);
    expect(started.filter((source) => source.startsWith('src/cli/commands/'))).toEqual([]);
    expect(commands().map(commandSource).length).toBeGreaterThan(20);
  });

  it.each(offline)('loads nothing heavy for %s, in advance', (name) => {
    const packages = packagesIn(runWith(commandSource(name), runWith(main)));
    expect(packages).toContain('commander');
    expect(packages.filter(isHeavy)).toEqual([]);
  });

  it('has a quick bundle for listings, with nothing heavy in it', () => {
    const quick = Object.keys(inputsOf('quick')).map(belowProject);
    expect(quick).toEqual(expect.arrayContaining(['src/cli/commands/list.ts', 'src/cli/commands/forecast.ts']));
    expect(quick.filter((path) => [...heavy, 'zod'].some((name) => path.includes(`node_modules/${name}/`)))).toEqual(
      [],
    );
    expect(quick.filter((path) => /\/(refresh|store|prompter|undici-client)\.ts$/.test(path))).toEqual([]);
  });

  it('has a bundle for what is over at once, which lacks nothing but other commands', () => {
    const brief = inputsOf('brief');
    const missing = (path: string) => path.startsWith('other-commands:');
    const asking = Object.entries(brief).filter(([, { imports }]) => imports.some(({ path }) => missing(path)));
    // What these two ask for belongs to another first word of a line, such as `help`, or to a line without words.
    expect(asking.map(([path]) => belowProject(path)).filter((path) => !path.startsWith('src/cli/tree/'))).toEqual([
      'src/cli/program/bare-command.ts',
      'src/cli/program/run.ts',
    ]);
    expect(Object.keys(brief).filter((path) => missing(path) && /[/](label|switch|doctor)\.js$/.test(path))).toEqual(
      [],
    );
  });

  it('has a bundle for help and Tab, with no command and no schemas in it', () => {
    const tree = Object.keys(inputsOf('tree')).map(belowProject);
    expect(tree).toContain('src/cli/completion/complete.ts');
    expect(tree.filter((path) => path.startsWith('src/cli/commands/') || path.includes('node_modules/zod/'))).toEqual(
      [],
    );
    expect(writersIn(tree)).toEqual([]);
  });

  it('has a bundle for the bare listings, with no command tree and no schemas in it', () => {
    const show = Object.keys(inputsOf('show')).map(belowProject);
    expect(show).toEqual(expect.arrayContaining(['src/cli/commands/list.ts', 'src/cli/commands/status.ts']));
    expect(show.filter((path) => /node_modules\/(zod|commander|@commander-js)\//.test(path))).toEqual([]);
    expect(show.filter((path) => path.startsWith('src/cli/tree/') || path.includes('/table-library.'))).toEqual([]);
    // Only a warning names the account to use instead.
    expect(show.filter((path) => path.endsWith('/decide.ts'))).toEqual([]);
    // Whatever a history of years holds, a list does not wait for it.
    expect(show.filter((path) => path.startsWith('src/core/history/'))).toEqual([]);
    expect(writersIn(Object.keys(inputsOf('show')))).toEqual([]);
  });

  it('has a bundle for run in a home that is ready, with no command tree, no schemas and nothing that switches in it', () => {
    const run = Object.keys(inputsOf('run')).map(belowProject);
    expect(run).toEqual(expect.arrayContaining(['src/cli/commands/run.ts', 'src/process/launch.ts']));
    expect(run.filter((path) => /node_modules\/(zod|commander|@commander-js)\//.test(path))).toEqual([]);
    expect(run.filter((path) => path.startsWith('src/cli/tree/') || path.startsWith('src/core/sharing/'))).toEqual([]);
    expect(writersIn(run)).toEqual([]);
  });

  it('has what draws the dashboard in a file that only opening it loads', () => {
    expect(packagesIn(Object.keys(inputs)).filter((name) => drawing.includes(name))).toEqual([]);
    const dashboard = readFileSync(join(builtProject(), 'dist', 'dashboard.js'), 'utf8');
    expect(dashboard.includes('waitUntilExit')).toBe(true);
  });

  it('would show what is heavy', () => {
    const all = Object.values(inputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect(packagesIn(all).filter(isHeavy)).toEqual(expect.arrayContaining(['undici', 'open', 'proper-lockfile']));
  });
});

/** Commands that read: what could spend a token, write a credential or switch is out of their reach (P5). */
const readers = ['list', 'status', 'usage', 'forecast', 'best', 'report', 'watch', 'completion'];
const writers = [
  'src/core/spending/refresh.ts',
  'src/core/spending/spend-token.ts',
  'src/core/spending/refresh-commit.ts',
  'src/core/pools/store.ts',
  'src/core/logins/activate.ts',
];

function writersIn(sources: Iterable<string>): string[] {
  return [...sources].map(belowProject).filter((source) => writers.includes(source));
}

describe('a command that reads', () => {
  it.each(readers)('%s runs no code that refreshes, stores a credential or switches', (name) => {
    const sources = runWith(commandSource(name), runWith(main));
    expect([...sources].map(belowProject)).toContain(`src/cli/commands/${name}.ts`);
    expect(writersIn(sources)).toEqual([]);
  });

  it('finds none in the quick bundle either', () => {
    expect(writersIn(Object.keys(inputsOf('quick')))).toEqual([]);
  });

  it('gets it only by importing it at the moment when it was asked for: by --live, or by --switch', () => {
    expect(writersIn(runLater(commandSource('usage')))).toContain('src/core/spending/refresh.ts');
    expect(writersIn(runLater(commandSource('best')))).toContain('src/core/logins/activate.ts');
  });

  it('would be seen with such code', () => {
    const found = writersIn(runWith(commandSource('switch')));
    expect(found).toEqual(expect.arrayContaining(['src/core/pools/store.ts', 'src/core/logins/activate.ts']));
  });
});

describe('a process', () => {
  it.each(['list', 'status'])('that runs %s alone takes the smallest bundle only', async (name) => {
    expect(await filesRun([name])).toEqual(['show.cjs', 'start.cjs']);
    expect(await filesRun(['auth', name])).toEqual(['show.cjs', 'start.cjs']);
  });

  it.each(['list', 'status'])('that runs %s with an option takes the quick bundle only', async (name) => {
    expect(await filesRun([name, '--json'])).toEqual(['quick.cjs', 'start.cjs']);
    expect(await filesRun([name, '--plain'])).toEqual(['quick.cjs', 'start.cjs']);
  });

  it('leaves a warning to the quick bundle, and what only a schema understands to the one with all of it', async () => {
    const withDamage = (home: TestHome) => writePrivate(join(home.root, 'account-state.json'), 'damaged');
    expect(await filesRun(['list'], withDamage)).toEqual(['quick.cjs', 'show.cjs', 'start.cjs']);
    const withEntry = (home: TestHome) =>
      writePrivate(join(home.root, 'refresh-journal', '1-0123456789ab.left.json'), '{}');
    expect(await filesRun(['list'], withEntry)).toEqual(['cli.cjs', 'quick.cjs', 'show.cjs', 'start.cjs']);
    expect(await filesRun(['list', '--json'], withEntry)).toEqual(['cli.cjs', 'quick.cjs', 'start.cjs']);
  });

  it.each([['for a completion', '__complete', 'switch', ''] as const, ['for help', '--help'] as const])(
    'that is asked %s takes the command tree only',
    async (_what, ...argv) => {
      expect(await filesRun(argv)).toEqual(['start.cjs', 'tree.cjs']);
    },
  );

  it.each(['forecast', 'best'])('that asks %s for what is known takes the quick bundle only', async (name) => {
    expect(await filesRun([name, '--cached'])).toEqual(['quick.cjs', 'start.cjs']);
    expect(await filesRun([name, '--cached', '--json'])).toEqual(['quick.cjs', 'start.cjs']);
  });

  it('that says its version loads nothing else', async () => {
    expect(await filesRun(['--version'])).toEqual(['start.cjs']);
  });

  it('that runs what is over at once takes the bundle for that', async () => {
    expect(await filesRun(['doctor', '--offline'])).toEqual(expect.arrayContaining(['brief.cjs', 'start.cjs']));
    expect(await filesRun(['auth', 'label', '1', 'one'])).toEqual(['brief.cjs', 'start.cjs']);
  });

  it('that runs anything else takes the other one, and no package before it is used', async () => {
    expect(await filesRun(['config', 'list', '--json'])).toEqual(['cli.cjs', 'start.cjs']);
    expect(await filesRun(['--json', 'list'])).toEqual(['cli.cjs', 'start.cjs']);
    expect(await filesRun(['forecast', '--cached', '--proxy', ''])).toEqual(['cli.cjs', 'start.cjs']);
    expect(await filesRun(['report', '--cached'])).toEqual(['cli.cjs', 'start.cjs']);
  });

  it.skipIf(process.geteuid === undefined)(
    'that leaves an index leaves what V8 has compiled to the next one, which has less to do',
    async () => {
      const home = createTestHome();
      writePool(home, [alice]);
      const kept = () => readdirSync(join(home.root, 'cache')).map((name) => name.replace(/-[0-9a-f]+$/, ''));
      // Not by `runBuilt`, which lends the caches of other tests.
      const program = join(builtProject(), 'bin', 'codex-auth.js');
      const list = () => execFileSync(process.execPath, [program, 'list'], { cwd: home.cwd, env: home.variables });
      // No index is made of what has just been written.
      await systemClock.sleep(2_500);
      list();
      expect(kept()).toEqual(['index']);
      list();
      expect(kept().sort()).toEqual(['index', 'show-list']);
    },
  );

  it('that draws a table loads what draws it then', async () => {
    expect(await filesRun(['config', 'list'])).toEqual(['apart/cli-table3.cjs', 'cli.cjs', 'start.cjs']);
  });
});

/** The files of `dist` that were run, in a home that has no cache. */
async function filesRun(argv: readonly string[], arrange: (home: TestHome) => void = () => undefined) {
  const coverage = temporaryDirectory();
  const home = createTestHome();
  writePool(home, [alice]);
  arrange(home);
  const { stdout, stderr } = await runBuilt(home, argv, { variables: { NODE_V8_COVERAGE: coverage } });
  expect(stdout).not.toBe('');
  // A bundle that leaves the command to another one says nothing.
  expect(stderr.split('\n').length).toBeLessThanOrEqual(2);
  return filesRunIn(coverage);
}

it.each(['start', 'keep', 'cli', 'brief', 'quick', 'show', 'run'])(
  '%s.cjs is ASCII, so that V8 keeps each of its characters in one byte',
  (name) => {
    const bytes = readFileSync(join(builtProject(), 'dist', `${name}.cjs`));
    expect(bytes.filter((byte) => byte > 127)).toHaveLength(0);
  },
);
