import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runBuilt } from '../support/built.js';
import { filesRunIn } from '../support/files-run.js';
import { alice, carol, type RefreshHome } from '../support/refresh-home.js';
import { twoHome } from '../support/seed.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

/*
 * `run` in a home that is ready is started by a bundle of its own, and by the whole program wherever that gives up
 * (docs/decisions/063-run-bundle.md). Whichever does it, the command is started once.
 */

const provider = useProvider({ keepsState: true });
let home: RefreshHome;
let authFile: string;
beforeEach(async () => {
  home = await twoHome(provider);
  authFile = join(home.home.root, 'homes', 'acc_home', 'auth.json');
  await run('true');
});

const run = (...command: string[]) => runBuilt(home.home, ['run', alice.email, '--', ...command]);

/** The files of `dist` that have run. */
async function filesOf(words: readonly string[]): Promise<string[]> {
  const coverage = temporaryDirectory();
  await runBuilt(home.home, words, { variables: { NODE_V8_COVERAGE: coverage } });
  return filesRunIn(coverage);
}

const short = ['run.cjs', 'start.cjs'];
const both = ['cli.cjs', ...short];
const plain = ['run', alice.email, '--', 'true'];

describe('run where the home is ready', { timeout: 60_000 }, () => {
  it('takes the smallest bundle only', async () => {
    expect(await filesOf(plain)).toEqual(short);
    expect(await filesOf(['auth', ...plain])).toEqual(short);
  });

  it('does so too where a directory is bound, as the shim calls it, and with a configuration', async () => {
    await runBuilt(home.home, ['switch', alice.email, '--here']);
    configure('model = "any"\n[features]\nx = true\n');
    expect(await filesOf(['run', '--here', '--', 'true'])).toEqual(short);
  });

  it('does not where somebody wants more of it', async () => {
    expect(await filesOf(['run', alice.email, '--dry-run', '--', 'true'])).toEqual(['cli.cjs', 'start.cjs']);
    expect(await filesOf(['--mask', ...plain])).toEqual(['cli.cjs', 'start.cjs']);
  });

  it.each([
    ['the home is not ready', () => undefined, ['run', carol.email, '--', 'true']],
    ['the login has gone', () => rmSync(authFile), plain],
    ['the login is another one', () => writeFileSync(authFile, '{"OPENAI_API_KEY":"k"}'), plain],
    ['the client would delete the login', () => configure('"forced_login_method" = "api"'), plain],
    ['the account is not there', () => undefined, ['run', 'nobody', '--', 'true']],
    ['there is something to warn of', () => writeFileSync(home.root.paths.accountState, 'damage'), plain],
  ])('leaves it to the whole program where %s', async (_, prepare, words) => {
    prepare();
    expect((await filesOf(words)).filter((file) => !file.startsWith('apart/'))).toEqual(both);
  });

  it('gives the account its login again where that has gone, and starts the command once', async () => {
    rmSync(authFile);
    expect(await startsOf('exit 3')).toEqual({ starts: 1, exitCode: 3, stderr: '' });
    expect(existsSync(authFile)).toBe(true);
  });

  it('says once what there is to warn of, and starts the command once', async () => {
    writeFileSync(home.root.paths.accountState, 'damage');
    const { starts, stderr } = await startsOf('exit 0');
    expect([starts, stderr.split('is damaged').length]).toEqual([1, 2]);
  });

  it.each([0, 1, 3, 126, 127])('starts a command once that ends with %i', async (exitCode) => {
    expect(await startsOf(`exit ${exitCode}`)).toEqual({ starts: 1, exitCode, stderr: '' });
  });

  it('starts a command once that is killed', async () => {
    expect((await startsOf('kill -9 $$')).starts).toBe(1);
  });

  it('says once, as the whole program does, why there is nothing to start', async () => {
    const [missing, closed, torn] = ['no-such-program', join(home.home.cwd, 'closed'), join(home.home.cwd, 'torn')];
    writeFileSync(closed, '#!/bin/sh\n');
    writeFileSync(torn, '#!/no/such/interpreter\n');
    chmodSync(torn, 0o755);
    for (const [program, exitCode] of [
      [missing, 127],
      [closed, 126],
      [torn, 127],
    ] as const) {
      const result = await run(program);
      // The smallest bundle leaves a line with this option to a larger one.
      const usual = await runBuilt(home.home, ['--plain', 'run', alice.email, '--', program]);
      expect([result.exitCode, result.stderr.split('error:').length]).toEqual([exitCode, 2]);
      expect(result).toEqual(usual);
    }
  });
});

const configure = (toml: string) => writeFileSync(join(home.home.codexHome, 'config.toml'), toml);

/** Runs a script that first leaves a trace of its own. */
async function startsOf(script: string) {
  const traces = join(home.home.cwd, 'traces');
  mkdirSync(traces);
  const { exitCode, stderr } = await run('sh', '-c', `touch '${traces}'/$$; ${script}`);
  return { starts: readdirSync(traces).length, exitCode, stderr };
}
