import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SourceFile, sourceFiles } from '../support/source-file.js';

let files: readonly SourceFile[] = [];
beforeAll(() => {
  files = sourceFiles();
});
// Other tests follow in this process, and each program that they start copies the table of its memory.
afterAll(() => {
  files = [];
});

const edges = [
  'src/main.ts',
  'src/brief.ts',
  'src/quick.ts',
  'src/show.ts',
  'src/run.ts',
  'src/segment.ts',
  'src/index.ts',
  'src/start.ts',
];
const isEdge = ({ path }: SourceFile) => edges.includes(path) || path.startsWith('src/process/');
const below = (...directories: string[]) =>
  files.filter(({ path }) => directories.some((each) => path.startsWith(each)));

/** The rooms of the core, lowest first; `docs/architecture.md` says what each is about. Loose files stand below them all. */
const order = [
  ...[
    'accounts',
    'quota',
    'storage',
    'history',
    'events',
    'project',
    'http',
    'provider',
    'health',
    'shell',
    'service',
    'codex',
    'homes',
    'bindings',
  ],
  ...[
    'pools',
    'oauth',
    'token-files',
    'lineage',
    'roster',
    'logins',
    'spending',
    'sharing',
    'changes',
    'running',
    'asking',
    'redeeming',
    'segment',
    'status-line',
    'decision',
    'guarding',
    'diagnostics',
    'models',
    'transfer',
    'renewal',
    'session',
    'sign-in',
  ],
];

function folderOf(path: string): string | undefined {
  return /^src\/core\/([^/]+)\//.exec(path)?.[1];
}

/** The files that can be reached from themselves. */
function circles(of: readonly SourceFile[]): string[] {
  const importsOf = new Map(of.map((file) => [file.path, file.imports()]));
  const isInCircle = (start: string) => {
    const seen = new Set<string>();
    const ahead = [...(importsOf.get(start) ?? [])];
    for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
      if (next === start) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      ahead.push(...(importsOf.get(next) ?? []));
    }
    return false;
  };
  return [...importsOf.keys()].filter(isInCircle);
}

/** `file → import` for every import of the files that is refused. */
function imports(from: readonly SourceFile[], isRefused: (imported: string) => boolean): string[] {
  return from.flatMap((file) =>
    file.imports().flatMap((imported) => (isRefused(imported) ? [`${file.path} → ${imported}`] : [])),
  );
}

/** `file: expression` for every use of a global that is refused. */
function uses(of: readonly SourceFile[], name: string, isRefused: (use: string) => boolean = () => true): string[] {
  return of.flatMap((file) =>
    file
      .usesOfGlobal(name)
      .filter(isRefused)
      .map((use) => `${file.path}: ${use}`),
  );
}

describe('the rings', () => {
  it('the files are found', () => {
    expect(below('src/core/').length).toBeGreaterThan(50);
    expect(below('src/cli/').length).toBeGreaterThan(20);
    expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(edges));
  });

  it('the core imports nothing of the command line or of the process edge', () => {
    expect(imports(below('src/core/'), (path) => path.startsWith('src/') && !path.startsWith('src/core/'))).toEqual([]);
    expect(imports(below('src/index.ts'), (path) => path.startsWith('src/cli/'))).toEqual([]);
  });

  it('nobody imports the process edges', () => {
    expect(imports(files, (path) => edges.includes(path))).toEqual([]);
    const inner = files.filter((file) => !isEdge(file));
    expect(imports(inner, (path) => path.startsWith('src/process/'))).toEqual([]);
  });

  it('a folder of the core imports only from those before it in the order', () => {
    const folders = new Set(below('src/core/').flatMap(({ path }) => folderOf(path) ?? []));
    expect([...folders].sort()).toEqual([...order].sort());
    const isLate = (from: string, to: string) => {
      const [importer, imported] = [folderOf(from), folderOf(to)];
      if (imported === undefined || importer === imported) return false;
      return importer === undefined || order.indexOf(imported) > order.indexOf(importer);
    };
    expect(below('src/core/').flatMap((file) => imports([file], (to) => isLate(file.path, to)))).toEqual([]);
  });

  it('no files of the core import each other in a circle, types included', () => {
    expect(circles(below('src/core/'))).toEqual([]);
  });

  it('storage and http know neither accounts nor the provider', () => {
    const isRefused = (path: string) => /^src\/core\/(accounts|provider|logins|pools)\//.test(path);
    expect(imports(below('src/core/storage/', 'src/core/http/'), isRefused)).toEqual([]);
  });

  it('the core knows no terminal, no browser and no command line', () => {
    const ofTerminals =
      /^(commander|@commander-js\/.*|chalk|@inquirer\/.*|open|fast-string-width|cli-table3|ink|react)$/;
    expect(imports(below('src/core/'), (name) => ofTerminals.test(name))).toEqual([]);
    expect(imports(below('src/cli/'), (name) => ofTerminals.test(name))).not.toEqual([]);
    expect(imports(below('src/core/'), (name) => /^node:(readline|tty|repl)/.test(name))).toEqual([]);
  });

  it('rendering knows neither storage, network nor files', () => {
    const isRefused = (path: string) => /^src\/core\/(storage|http|oauth)\/|^node:(fs|http|net)|^undici$/.test(path);
    expect(imports(below('src/cli/render/'), isRefused)).toEqual([]);
  });

  it('schemas are built with the small zod', () => {
    expect(imports(files, (name) => /^zod(\/|$)/.test(name) && name !== 'zod/mini')).toEqual([]);
  });
});

describe('only the edges of the process', () => {
  it('touch the process', () => {
    expect(
      uses(
        files.filter((file) => !isEdge(file)),
        'process',
      ),
    ).toEqual([]);
    // Only `node:process` answers what these two files ask: about processes, and the clock that never jumps.
    const importers = files.filter((file) => file.imports().includes('node:process')).map(({ path }) => path);
    expect(importers).toEqual(['src/core/clock.ts', 'src/core/storage/process-table.ts']);
  });

  it('keep a variable of a module', () => {
    const inner = files.filter((file) => !isEdge(file));
    expect(inner.flatMap((file) => file.moduleVariables().map((name) => `${file.path}: ${name}`))).toEqual([]);
  });
});

it('nothing writes to the console', () => {
  expect(uses(files, 'console')).toEqual([]);
});

it('only the clock asks for the time', () => {
  const others = files.filter(({ path }) => path !== 'src/core/clock.ts');
  const asks = (use: string) => /^Date\.now$|^new Date(\(\))?$|^Date\(/.test(use);
  expect(uses(others, 'Date', asks)).toEqual([]);
  expect(uses(others, 'performance')).toEqual([]);
});

/** What opens, replaces or changes whatever a path leads to. Looking, listing and removing a name does none of it. */
const touchesContent =
  /^(readFile|writeFile|appendFile|open|openAsBlob|rename|copyFile|cp|link|symlink|chmod|lchmod|chown|lchown|truncate|utimes|lutimes|createReadStream|createWriteStream|promises|default)(Sync)?$/;

/** The files that use such functions, and which; one name once. */
function contentTouchers(of: readonly SourceFile[]): Record<string, string[]> {
  const modules = ['node:fs', 'node:fs/promises', 'fs', 'fs/promises'];
  const found = of.map((file) => [
    file.path,
    [...new Set(modules.flatMap((name) => file.namesFrom(name)).filter((name) => touchesContent.test(name)))].sort(),
  ]);
  return Object.fromEntries(found.filter(([, names]) => names?.length !== 0));
}

// A file of ours may be a link to a device, so `regular-file.ts` looks first. A source that needs more than that offers
// is listed here, with the reason why it cannot open or replace what is not ours.
it('only a handful of files open, replace or change a file by themselves', () => {
  expect(contentTouchers(files)).toEqual({
    // Asks the system whether it is a regular file.
    'src/core/storage/regular-file.ts': ['openSync', 'writeFileSync'],
    // Opens a directory, to sync it.
    'src/core/storage/sync.ts': ['openSync'],
    // A new temporary file, a directory to sync, and the rename that `assertReplaceable` guards.
    'src/core/storage/atomic-file.ts': ['openSync', 'renameSync', 'writeFileSync'],
    // Renames between names that have been looked at.
    'src/core/storage/backups.ts': ['renameSync'],
    // New files of random names, opened exclusively, and their own renames.
    'src/core/lineage/open-entry.ts': ['openSync', 'renameSync'],
    // Renames an entry of the journal, whatever it is: a rename follows no link.
    'src/core/storage/kept.ts': ['renameSync'],
    // A link of our own making, and a login file that moves onto one: both ends have been looked at, and are locked.
    'src/core/storage/link-file.ts': ['renameSync', 'symlinkSync'],
    'src/core/storage/lock-owner.ts': ['writeFileSync'],
    // Renames directories, and sets the time of our own record.
    'src/core/storage/lock-directory.ts': ['renameSync', 'utimesSync'],
    'src/core/storage/lock-leftovers.ts': ['renameSync'],
    // Is loaded before everything else; looks at owner, mode and kind through the descriptor before it reads.
    'src/core/storage/private-cache.ts': ['chmodSync', 'openSync', 'renameSync', 'writeFileSync'],
    // The program reads itself.
    'src/start.ts': ['readFileSync'],
  });
});

// Each place says what it starts: never the official `login` or `logout`, which revoke the login that they find.
it('only a handful of files start programs', () => {
  const isStarter = (file: SourceFile) => file.imports().some((name) => /^(node:)?child_process$/.test(name));
  const starters = files.filter(isStarter).map(({ path }) => path);
  expect(starters.sort()).toEqual([
    // `codex auth --version` in a new shell of the person's, which only our shim answers as this program does: the official
    // client has no such command and prints its version.
    'src/cli/setting-up/new-shell.ts',
    // The person's browser.
    'src/cli/terminal/browser.ts',
    // Lists processes.
    'src/core/codex/client-processes.ts',
    // Takes the client's locks.
    'src/core/codex/credential-lock.ts',
    // `codex app-server daemon restart`, after a question.
    'src/core/codex/restart-daemon.ts',
    // `codex --version`.
    'src/core/diagnostics/world/client-facts.ts',
    // The system's own tools for proxies and ports.
    'src/core/http/system-proxy.ts',
    'src/core/oauth/port-holder.ts',
    // The command of `run`, which is the person's.
    'src/process/launch.ts',
    // The command of `onEvent`, which is the person's, and the system's own notifier and service manager.
    'src/process/side-program.ts',
  ]);
});

it('nothing is exported without a name', () => {
  expect(files.filter((file) => file.hasDefaultExport()).map(({ path }) => path)).toEqual([]);
});

describe('these rules see', () => {
  const fileWith = (text: string) => new SourceFile('src/core/accounts/sample.ts', text);

  it('imports of every kind', () => {
    const text = `import { a } from '../clock.js'; import type { B } from './pool.js'; export { c } from 'zod';
      const load = () => import('../../cli/program/run.js');`;
    const paths = ['src/core/clock.ts', 'src/core/accounts/pool.ts', 'zod', 'src/cli/program/run.ts'];
    expect(fileWith(text).imports()).toEqual(paths);
  });

  it('a circle of files', () => {
    const [a, b] = [
      new SourceFile('src/core/a.ts', "import './b.js';"),
      new SourceFile('src/core/b.ts', "import type { A } from './a.js';"),
    ];
    expect(circles([a, b])).toEqual(['src/core/a.ts', 'src/core/b.ts']);
    expect(circles([a, new SourceFile('src/core/b.ts', '')])).toEqual([]);
  });

  it('a global, and not what only has its name', () => {
    const local = `function f(process: { pid: number }) { const Date = 1; return [process.pid, Date]; }
      const made = { console: 1 }; made.console;`;
    for (const name of ['process', 'Date', 'console']) expect(fileWith(local).usesOfGlobal(name)).toEqual([]);
    const global = `const pid = process.pid; console.log(Date.now(), new Date(), new Date(0));`;
    expect(fileWith(global).usesOfGlobal('process')).toEqual(['process.pid']);
    expect(fileWith(global).usesOfGlobal('console')).toEqual(['console.log']);
    expect(fileWith(global).usesOfGlobal('Date')).toEqual(['Date.now', 'new Date()', 'new Date(0)']);
  });

  it('what opens a file, however it is imported', () => {
    const text = `import { readFileSync as read, statSync, type Stats } from 'node:fs';
      import * as fs from 'fs'; import { open } from 'node:fs/promises'; fs.chmodSync('a', 1); fs.constants;`;
    expect(contentTouchers([fileWith(text)])).toEqual({
      'src/core/accounts/sample.ts': ['chmodSync', 'open', 'readFileSync'],
    });
  });

  it('variables of a module and exports without a name', () => {
    expect(fileWith('let a = 1; export let b; const c = 2; function f() { let d; }').moduleVariables()).toEqual([
      'a',
      'b',
    ]);
    const unnamed = ['export default 1;', 'export default function f() {}', 'const a = 1; export { a as default };'];
    expect(unnamed.map((text) => fileWith(text).hasDefaultExport())).toEqual([true, true, true]);
    expect(fileWith('switch (1) { default: f(); }').hasDefaultExport()).toBe(false);
  });
});
