import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { linkTargets, project } from '../support/docs/markdown-files.js';
import { cleanEnvironment, installPackage } from '../support/packed.js';

describe('the package', () => {
  let directory: string;
  let installed: string;

  beforeAll(() => {
    directory = mkdtempSync(join(realpathSync(tmpdir()), 'codex-auth-package-'));
    installed = installPackage(directory);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const files = () =>
    readdirSync(installed, { recursive: true, withFileTypes: true, encoding: 'utf8' })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(installed.length + 1)
          .replaceAll('\\', '/'),
      );

  it('holds the program, its pages and its licences, and no source and no test', () => {
    expect(readdirSync(installed).sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'docs', 'package.json'].sort(),
    );
    expect(files()).toContain('dist/LICENSES.txt');
    expect(files()).toEqual(expect.arrayContaining(['bin/codex', 'bin/codex.cmd', 'bin/codex.ps1']));
    expect(files().filter((path) => path.endsWith('.ts'))).toEqual(['dist/index.d.ts']);
    const directories = ['bin', 'docs', 'dist/chunks', 'dist/apart'].join('|');
    expect(
      files()
        .filter((path) => !new RegExp(`^(${directories})/|^[A-Z]+(\\.md)?$`).test(path))
        .sort(),
    ).toEqual([
      'dist/LICENSES.txt',
      'dist/brief.cjs',
      'dist/cli.cjs',
      'dist/dashboard.js',
      'dist/index.d.ts',
      'dist/index.js',
      'dist/keep.cjs',
      'dist/quick.cjs',
      'dist/run.cjs',
      'dist/segment.cjs',
      'dist/show.cjs',
      'dist/start.cjs',
      'dist/tree.cjs',
      'package.json',
    ]);
  });

  it('leaves the notes on decisions in the repository', () => {
    expect(files().filter((path) => path.startsWith('docs/decisions'))).toEqual([]);
  });

  it('has pages whose links lead to files that are in it', () => {
    const pages = files().filter((path) => path.endsWith('.md'));
    const dead = pages.flatMap((path) =>
      linkTargets({ path, text: readFileSync(join(installed, path), 'utf8') })
        .filter((target) => !/^(https?:|#)/.test(target))
        .filter((target) => !existsSync(join(installed, dirname(path), target.replace(/#.*/, ''))))
        .map((target) => `${path}: ${target}`),
    );
    expect(dead).toEqual([]);
  });

  it('needs no other package: the program runs as it was unpacked', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(manifest.dependencies).toBeUndefined();
    const run = (...argv: string[]) =>
      spawnSync(process.execPath, [join(installed, manifest.bin['codex-auth']), ...argv], {
        cwd: directory,
        env: cleanEnvironment(directory),
        encoding: 'utf8',
      });

    expect(run('--version')).toMatchObject({ status: 0, stdout: `${manifest.version}\n`, stderr: '' });
    expect(run('list')).toMatchObject({ status: 0, stderr: '' });
    expect(run('list').stdout).toContain('There are no accounts yet');
  });

  it('can be used by a program, with declarations that need no other package either', () => {
    const program = `import { AppError, openCodexAuth } from 'codex-auth';
const auth = openCodexAuth({ environment: { HOME: ${JSON.stringify(directory)} }, cwd: ${JSON.stringify(directory)} });
const ids: readonly string[] = auth.decide().ranking;
console.log(JSON.stringify([auth.list(), ids]));
auth.accessToken('nobody').catch((error: unknown) => console.log(error instanceof AppError && error.code));
`;
    const options = {
      strict: true,
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2023', 'dom'],
      types: [],
      outDir: 'out',
    };
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
    writeFileSync(join(directory, 'use.ts'), program);
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['use.ts'] }));
    const tsc = join(project, 'node_modules', 'typescript', 'bin', 'tsc');

    expect(spawnSync(process.execPath, [tsc, '-p', directory], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: '',
    });
    const used = spawnSync(process.execPath, [join(directory, 'out', 'use.js')], { encoding: 'utf8' });
    expect(used).toMatchObject({ status: 0, stdout: '[[],[]]\nno-such-account\n' });
  });
});

describe('the build', () => {
  it('makes the same files wherever it is run, and names no directory of the machine', () => {
    const directory = mkdtempSync(join(realpathSync(tmpdir()), 'codex-auth-build-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const [one, other] = [buildIn(join(directory, 'one')), buildIn(join(directory, 'an', 'other'))];

    expect(Object.keys(one)).toEqual(expect.arrayContaining(['cli.cjs', 'quick.cjs', 'start.cjs', 'LICENSES.txt']));
    expect(other).toEqual(one);
    expect(Object.entries(one).filter(([, text]) => text.includes(directory) || text.includes(project))).toEqual([]);
  });
});

/** Everything that a build in a copy of the sources makes, by name. */
function buildIn(directory: string): Record<string, string> {
  mkdirSync(directory, { recursive: true });
  for (const name of ['src', 'package.json', 'tsconfig.json', 'esbuild.config.mjs'])
    cpSync(join(project, name), join(directory, name), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(directory, 'node_modules'));
  const { status, stderr } = spawnSync(process.execPath, ['esbuild.config.mjs'], { cwd: directory, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const dist = join(directory, 'dist');
  const entries = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [path.slice(dist.length + 1), readFileSync(path, 'latin1')]));
}

describe('the lock file', () => {
  const lock = readFileSync(join(project, 'package-lock.json'), 'utf8');

  it('names no address that a package comes from', () => {
    expect(lock).not.toContain('"resolved"');
  });

  it('has the packages of every platform, without which npm ci refuses it', () => {
    const packages: Record<string, { optionalDependencies?: Record<string, string> }> = JSON.parse(lock).packages;
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) =>
          packages[`${path}/node_modules/${name}`] === undefined && packages[`node_modules/${name}`] === undefined,
      ),
    );
    expect(missing).toEqual([]);
  });
});
