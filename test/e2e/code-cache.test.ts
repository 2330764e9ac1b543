import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { openCodeCache } from '../../src/process/code-cache.js';
import { runBuilt } from '../support/built.js';
import { createTestHome } from '../support/cli.js';
import { damages } from '../support/damages.js';
import { builtProject } from '../support/program-process.js';
import { alice, writePool } from '../support/sample-pool.js';
import { modeOf } from '../support/stored-accounts.js';
import { temporaryDirectory } from '../support/temporary.js';

const source = Buffer.from('(function () { return [1, 2, 3].map((each) => each * 2).join(); })');
const isRoot = process.geteuid?.() === 0;
const hasOwners = process.geteuid !== undefined;

const never = () => {
  throw new Error('V8 was asked although there is nowhere to write');
};

/** The person's directory with a cache that a run has left in it. */
function rootWithCache() {
  const root = rootDirectory();
  keep(root);
  const directory = join(root, 'cache');
  const [name = ''] = readdirSync(directory);
  return { root, directory, path: join(directory, name) };
}

function rootDirectory(): string {
  const root = join(temporaryDirectory(), 'root');
  mkdirSync(root, { mode: 0o700 });
  writeFileSync(join(root, 'openai-codex-accounts.json'), '{}');
  return root;
}

const open = (root: string, from = source) => openCodeCache(root, 'list', from);

function keep(root: string, command = 'list', compile = compiled): void {
  openCodeCache(root, command, source)?.keep(compile);
}

function compiled(): Buffer {
  const script = new Script(source.toString());
  script.runInThisContext()();
  return script.createCachedData();
}

describe.skipIf(!hasOwners)('the cache of V8', () => {
  it('is what V8 has made, and V8 takes it', () => {
    const { root, directory, path } = rootWithCache();
    const cache = open(root);
    expect(cache).toMatchObject({ isDue: false });
    expect(cache?.compiled?.byteOffset).toSatisfy((offset: number) => offset % 8 === 0);
    expect(new Script(source.toString(), { cachedData: cache?.compiled }).cachedDataRejected).toBe(false);
    expect([modeOf(directory), modeOf(path)]).toEqual([0o700, 0o600]);
  });

  it('is made anew when it is a day old, because it lacks what has been run since', () => {
    const { root, path } = rootWithCache();
    const yesterday = Date.now() / 1000 - 25 * 3_600;
    utimesSync(path, yesterday, yesterday);
    expect(open(root)).toMatchObject({ isDue: true, compiled: expect.any(Buffer) });
    keep(root);
    expect(open(root)).toMatchObject({ isDue: false });
  });

  it.each(Object.entries(damages))('is not believed when it %s', (_what, damage) => {
    const { root, path } = rootWithCache();
    writeFileSync(path, damage(readFileSync(path)));
    expect(open(root)).toMatchObject({ compiled: undefined, isDue: true });
    keep(root);
    expect(open(root)).toMatchObject({ isDue: false });
  });

  it('is not believed at any other length, nor with any byte changed', () => {
    const { root, path } = rootWithCache();
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 7) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      for (const content of [whole.subarray(0, at), changed]) {
        writeFileSync(path, content);
        expect(open(root)?.compiled, `byte ${at}`).toBeUndefined();
      }
    }
  });

  it('is not believed when it is larger than any that is made here, and not read then', () => {
    const { root, path } = rootWithCache();
    truncateSync(path, 1024 ** 4);
    expect(open(root)).toMatchObject({ compiled: undefined, isDue: true });
  });

  it('is that of one source, also where another is as long', () => {
    const { root } = rootWithCache();
    const other = Buffer.from(source.toString().replace('* 2', '* 3'));
    expect(open(root, other)).toMatchObject({ compiled: undefined, isDue: true });
  });

  it('is that of one Node: another version, build, architecture or option has its own', () => {
    const { root, directory, path } = rootWithCache();
    const others: readonly ['version' | 'arch' | 'platform' | 'execPath' | 'execArgv', unknown][] = [
      ['version', 'v20.19.0'],
      ['arch', 'arm'],
      ['platform', 'freebsd'],
      ['execPath', '/bin/sh'],
      ['execArgv', ['--no-opt']],
    ];
    for (const [name, value] of others) {
      const spy = vi.spyOn(process, name, 'get').mockReturnValue(value as never);
      try {
        expect(open(root), name).toMatchObject({ compiled: undefined, isDue: true });
        keep(root);
        const [foreign = ''] = readdirSync(directory).filter((each) => join(directory, each) !== path);
        const ours = readFileSync(path);
        renameSync(join(directory, foreign), path);
        spy.mockRestore();
        expect(open(root), `${name} under our name`).toMatchObject({ compiled: undefined, isDue: true });
        writeFileSync(path, ours);
      } finally {
        spy.mockRestore();
      }
    }
  });
});

describe.skipIf(!hasOwners)('a cache that somebody else may have written', () => {
  const hostile: Record<string, (at: { directory: string; path: string }) => void> = {
    'is writable by the group': ({ path }) => chmodSync(path, 0o620),
    'is writable by everybody': ({ path }) => chmodSync(path, 0o602),
    'is a link': ({ path }) => {
      renameSync(path, `${path}.real`);
      symlinkSync(`${path}.real`, path);
    },
    'stands in a directory that everybody can write to': ({ directory }) => chmodSync(directory, 0o707),
  };
  it.each(Object.entries(hostile))('is not believed when it %s, and replaced', (_what, arrange) => {
    const at = rootWithCache();
    arrange(at);
    expect(open(at.root)).toMatchObject({ compiled: undefined, isDue: true });
    keep(at.root);
    expect(open(at.root)).toMatchObject({ isDue: false });
    expect([modeOf(at.directory), modeOf(at.path)]).toEqual([0o700, 0o600]);
  });

  it.runIf(isRoot)('is not believed when it belongs to another user', () => {
    const { root, path } = rootWithCache();
    chownSync(path, 12_345, 12_345);
    expect(open(root)).toMatchObject({ compiled: undefined });
  });

  it('is neither read nor written through a directory that is a link', () => {
    const { root, directory } = rootWithCache();
    const elsewhere = join(temporaryDirectory(), 'elsewhere');
    renameSync(directory, elsewhere);
    symlinkSync(elsewhere, directory);
    const before = readdirSync(elsewhere);
    expect(open(root)).toMatchObject({ compiled: undefined });
    keep(root, 'status', never);
    expect(readdirSync(elsewhere)).toEqual(before);
  });

  it('costs nothing but its place when a directory stands there', () => {
    const { root, directory, path } = rootWithCache();
    renameSync(path, `${path}.real`);
    mkdirSync(path);
    expect(open(root)).toMatchObject({ compiled: undefined });
    keep(root);
    expect(readdirSync(directory)).toHaveLength(2);
  });
});

describe('no cache', () => {
  it('is made where there is no root yet, nor the root by it', () => {
    const root = join(temporaryDirectory(), 'root');
    expect(open(root)).toBeUndefined();
    expect(existsSync(root)).toBe(false);
  });

  it.runIf(isRoot)('is read or made in a root of another user', () => {
    const { root } = rootWithCache();
    chownSync(root, 12_345, 12_345);
    expect(open(root)).toBeUndefined();
  });

  it('is made where a file has its name', () => {
    const root = rootDirectory();
    writeFileSync(join(root, 'cache'), 'mine');
    keep(root, 'list', never);
    expect(readFileSync(join(root, 'cache'), 'utf8')).toBe('mine');
  });

  it.skipIf(!hasOwners)('is left half-made when V8 fails', () => {
    const root = rootDirectory();
    keep(root, 'list', never);
    expect(readdirSync(join(root, 'cache'))).toEqual([]);
  });
});

describe.skipIf(!hasOwners)('caches', () => {
  it.each([['nothing of ours'], ['a cache of somebody else']])('are not kept in a directory with %s', (what) => {
    const root = temporaryDirectory();
    const directory = join(root, 'cache');
    if (what !== 'nothing of ours') mkdirSync(directory, { mode: 0o755 });
    writeFileSync(join(root, 'notes.txt'), 'theirs');
    keep(root, 'list', never);
    expect(existsSync(directory) ? [modeOf(directory), readdirSync(directory)] : []).toEqual(
      what === 'nothing of ours' ? [] : [0o755, []],
    );
  });

  it('are never more than sixteen files: what is oldest goes, also what a killed run left', () => {
    const { root, directory, path } = rootWithCache();
    linkSync(path, `${path}.123-456`);
    utimesSync(path, 1, 1);
    for (let number = 0; number < 20; number += 1) keep(root, `command-${number}`);
    expect(readdirSync(directory)).toHaveLength(16);
    expect(existsSync(path)).toBe(false);
    expect(existsSync(`${path}.123-456`)).toBe(false);
    expect(statSync(directory).isDirectory()).toBe(true);
  });
});

it('is left out, without a word, when an update takes its part of the program away meanwhile', async () => {
  const project = temporaryDirectory();
  for (const name of ['bin', 'dist']) cpSync(join(builtProject(), name), join(project, name), { recursive: true });
  rmSync(join(project, 'dist', 'keep.cjs'));
  const home = createTestHome();
  writePool(home, [alice]);
  const { exitCode, stdout, stderr } = await runBuilt(home, ['list'], { project });
  expect([exitCode, stderr, stdout.includes('alice@example.com')]).toEqual([0, '', true]);
  expect(readdirSync(join(home.root, 'cache')).filter((name) => !name.startsWith('index-'))).toEqual([]);
});
