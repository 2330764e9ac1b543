import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runBuilt } from '../support/built.js';
import { createTestHome } from '../support/cli.js';
import { builtProject } from '../support/program-process.js';
import { temporaryDirectory } from '../support/temporary.js';

interface Output {
  readonly entryPoint?: string;
  readonly imports: readonly { readonly path: string; readonly kind: string }[];
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** esbuild's own account of the bundle (https://esbuild.github.io/api/#metafile). */
const { outputs } = JSON.parse(readFileSync(join(builtProject(), 'dist', 'metafile.json'), 'utf8')) as {
  outputs: Record<string, Output>;
};

/** What only draws the dashboard. */
const drawing = ['ink', 'react', 'react-reconciler', 'yoga-layout'];

/** What a command that reads offline must not load (DESIGN §3). */
const heavy = ['undici', 'open', 'proper-lockfile', 'smol-toml', '@napi-rs', '@inquirer', ...drawing];
const offline = ['list', 'status'];

function outputOf(source: string): string {
  const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint?.endsWith(source) === true);
  if (found === undefined) throw new Error(`${source} begins no output`);
  return found[0];
}

/** A private build, made where the project's own is older than its sources, names them from somewhere else. */
const belowProject = (source: string) => source.replace(/^(\.\.\/)+.*?(?=(src|node_modules)\/)/, '');

const commandOutput = (name: string) => outputOf(`src/cli/commands/${name}.ts`);
const main = outputOf('src/main.ts');

/** The outputs that are loaded together with one, itself included. */
function loadedWith(output: string, loaded = new Set<string>()): Set<string> {
  if (loaded.has(output) || outputs[output] === undefined) return loaded;
  loaded.add(output);
  for (const { path, kind } of outputs[output].imports) if (kind === 'import-statement') loadedWith(path, loaded);
  return loaded;
}

/** The npm packages whose code is in these outputs. */
function packagesIn(names: Iterable<string>): string[] {
  const sources = [...names].flatMap((name) => Object.keys(outputs[name]?.inputs ?? {}));
  const packages = sources.flatMap(
    (source) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(source)?.[1] ?? [],
  );
  return [...new Set(packages)].sort();
}

const isHeavy = (name: string) => heavy.some((each) => name === each || name.startsWith(`${each}/`));

describe('the bundle', () => {
  it('starts with the command tree and the small zod, and no other package', () => {
    const packages = packagesIn(loadedWith(main));
    expect(packages).toContain('commander');
    expect(packages.filter((name) => !['@commander-js/extra-typings', 'commander', 'zod'].includes(name))).toEqual([]);
  });

  it('has every command in a chunk of its own, which its name alone does not load', () => {
    const commands = readdirSync(join(builtProject(), 'src', 'cli', 'commands')).map((file) => basename(file, '.ts'));
    const chunks = commands.filter(isReachable).map(commandOutput);
    expect(chunks).toEqual(expect.arrayContaining(offline.map(commandOutput)));
    expect(new Set(chunks).size).toBe(chunks.length);
    expect(chunks.filter((chunk) => loadedWith(main).has(chunk))).toEqual([]);
  });

  it.each(offline)('loads nothing heavy for %s, in advance', (name) => {
    const packages = packagesIn(loadedWith(commandOutput(name), loadedWith(main)));
    expect(packages).toContain('commander');
    expect(packages.filter(isHeavy)).toEqual([]);
  });

  it('has a quick bundle for the commands that read offline, with nothing heavy in it', () => {
    const quick = JSON.parse(readFileSync(join(builtProject(), 'dist', 'quick.metafile.json'), 'utf8'));
    const inputs = Object.keys(quick.inputs).map(belowProject);
    expect(inputs).toEqual(expect.arrayContaining(offline.map((name) => `src/cli/commands/${name}.ts`)));
    expect(inputs.filter((path) => heavy.some((name) => path.includes(`node_modules/${name}/`)))).toEqual([]);
    expect(inputs.filter((path) => /\/(refresh|store|prompter|undici-client)\.ts$/.test(path))).toEqual([]);
  });

  it('has the screen of the dashboard in a chunk that no command loads in advance, not even that one', () => {
    const commands = readdirSync(join(builtProject(), 'src', 'cli', 'commands')).map((file) => basename(file, '.ts'));
    const loaded = commands.filter(isReachable).flatMap((name) => [...loadedWith(commandOutput(name))]);
    expect(packagesIn(loaded).filter((name) => drawing.includes(name))).toEqual([]);
    expect(packagesIn(loadedLater(commandOutput('dashboard')))).toEqual(expect.arrayContaining(drawing));
  });

  it('would show what is heavy', () => {
    expect(packagesIn(Object.keys(outputs)).filter(isHeavy)).toEqual(
      expect.arrayContaining(['undici', 'open', 'proper-lockfile', 'ink']),
    );
  });
});

/** Commands that read: what could spend a token, write a credential or switch is out of their reach (P5). */
const readers = ['list', 'status', 'usage', 'forecast', 'best', 'report', 'watch', 'completion'];
const writers = [
  'src/core/logins/refresh.ts',
  'src/core/logins/spend-token.ts',
  'src/core/logins/refresh-commit.ts',
  'src/core/pools/store.ts',
  'src/core/logins/activate.ts',
];

function sourcesIn(names: Iterable<string>): string[] {
  return [...names].flatMap((name) => Object.keys(outputs[name]?.inputs ?? {})).map(belowProject);
}

describe('a command that reads', () => {
  it.each(readers)('%s has no code that refreshes, stores a credential or switches', (name) => {
    const sources = sourcesIn(loadedWith(commandOutput(name), loadedWith(main)));
    expect(sources.some((source) => source.endsWith(`src/cli/commands/${name}.ts`))).toBe(true);
    expect(sources.filter((source) => writers.some((writer) => source.endsWith(writer)))).toEqual([]);
  });

  it('has it in no bundle of its own either', () => {
    const single = Object.keys(outputs).filter((name) => name.endsWith('.cjs'));
    expect(sourcesIn(single).filter((source) => writers.some((writer) => source.endsWith(writer)))).toEqual([]);
  });

  it('gets it only by importing it at the moment when it was asked for: by --live, or by --switch', () => {
    const [usage, best] = [commandOutput('usage'), commandOutput('best')].map((output) =>
      sourcesIn(loadedLater(output)).filter((source) => writers.some((writer) => source.endsWith(writer))),
    );
    expect(usage).toEqual(expect.arrayContaining(['src/core/logins/refresh.ts']));
    expect(best).toEqual(expect.arrayContaining(['src/core/logins/activate.ts']));
  });

  it('would be seen with such code', () => {
    const sources = sourcesIn(loadedWith(commandOutput('switch')));
    expect(sources).toEqual(expect.arrayContaining(['src/core/pools/store.ts', 'src/core/logins/activate.ts']));
  });
});

/** What the outputs loaded with one import dynamically, and all that comes with it. */
function loadedLater(output: string): Set<string> {
  const later = [...loadedWith(output)].flatMap((each) =>
    (outputs[each]?.imports ?? []).filter(({ kind }) => kind === 'dynamic-import').map(({ path }) => path),
  );
  return new Set(later.flatMap((each) => [...loadedWith(each)]));
}

describe('a process', () => {
  it.each(offline)('that runs %s never loads the split bundle', async (name) => {
    expect(await filesRun([name])).toEqual(['quick.cjs', 'start.cjs']);
    expect(await filesRun(['auth', name])).toEqual(['quick.cjs', 'start.cjs']);
  });

  it('that answers a Tab never loads the split bundle', async () => {
    expect(await filesRun(['__complete', 'switch', ''])).toEqual(['quick.cjs', 'start.cjs']);
  });

  it('that runs anything else does', async () => {
    expect(await filesRun(['config', 'list'])).toContain('main.js');
    expect(await filesRun(['--json', 'list'])).toContain('main.js');
  });
});

/** The files of `dist` that were run, in a home that has no cache: V8 keeps no record of what comes from one. */
async function filesRun(argv: readonly string[]): Promise<string[]> {
  const coverage = temporaryDirectory();
  await runBuilt(createTestHome(), argv, { variables: { NODE_V8_COVERAGE: coverage } });
  return readdirSync(coverage)
    .flatMap((file) => scriptsIn(join(coverage, file)))
    .sort();
}

/** Commands that the tree does not know yet begin no chunk. */
function isReachable(name: string): boolean {
  return Object.values(outputs).some(({ entryPoint }) => entryPoint?.endsWith(`src/cli/commands/${name}.ts`) === true);
}

/** The files of `dist` that a process has run, from V8's own record. */
function scriptsIn(path: string): string[] {
  const { result } = JSON.parse(readFileSync(path, 'utf8')) as { result: { url: string }[] };
  return result.flatMap(({ url }) => /\/dist\/(.*)$/.exec(url)?.[1] ?? []);
}
