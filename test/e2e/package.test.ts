import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkTargets, project } from '../support/docs/markdown-files.js';

/** What a child process may know: nothing of the person, nor of the npm that runs the tests. */
const environment = (home: string) => ({
  PATH: process.env['PATH'],
  HOME: home,
  npm_config_cache: join(home, 'cache'),
});

describe('the package', () => {
  let directory: string;
  let installed: string;

  beforeAll(() => {
    directory = mkdtempSync(join(realpathSync(tmpdir()), 'codex-auth-package-'));
    const modules = join(directory, 'node_modules');
    mkdirSync(modules);
    execFileSync('tar', ['-xzf', pack(), '-C', modules]);
    installed = join(modules, 'codex-auth');
    renameSync(join(modules, 'package'), installed);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** As `npm publish` would send it. `npm test` has built before; on its own this test builds what is missing. */
  function pack(): string {
    const options = { cwd: project, env: environment(directory), shell: process.platform === 'win32' };
    if (!existsSync(join(project, 'dist', 'index.d.ts'))) execFileSync('npm', ['run', '--silent', 'build'], options);
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', directory], options);
    const archive = readdirSync(directory).find((name) => name.endsWith('.tgz'));
    if (archive === undefined) throw new Error('npm pack made no archive');
    return join(directory, archive);
  }

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
    expect(files()).not.toContain('dist/metafile.json');
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
        env: environment(directory),
        encoding: 'utf8',
      });

    expect(run('--version')).toMatchObject({ status: 0, stdout: `${manifest.version}\n`, stderr: '' });
    expect(run('list')).toMatchObject({ status: 0, stderr: '' });
    expect(run('list').stdout).toContain('No accounts yet.');
  });

  it('can be used by a program, with declarations that need no other package either', { timeout: 60_000 }, () => {
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
