import { copyFileSync, existsSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { privateHomeOf } from '../../src/core/running/private-home.js';
import { runBuilt, startBuilt } from '../support/built.js';
import { refreshAsClient } from '../support/client-refresh.js';
import { canFakeClients } from '../support/fake-clients.js';
import { canHaveMounts, readOnlyDirectory } from '../support/mounts.js';
import type { ProgramOptions } from '../support/program-process.js';
import { alice, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider({ keepsState: true });
let home: RefreshHome;
let privately: RefreshHome;
beforeEach(async () => {
  const directory = temporaryDirectory();
  const codexHome = join(directory, 'own');
  mkdirSync(codexHome);
  home = new RefreshHome(directory, provider, { codexHome });
  await home.addAccount('acc_alice', alice);
  privately = new RefreshHome(directory, provider, { codexHome: privateHomeOf(home.root, 'acc_alice') });
});

const command = (words: readonly string[], options: ProgramOptions = {}) => runBuilt(home.home, words, options);

/** What looks like the official client, and runs until it reads a line. */
function standIn(): string {
  const codex = join(home.home.cwd, 'codex');
  copyFileSync('/bin/sh', codex);
  return codex;
}

/** A run that is under way. */
function startRun() {
  const script = 'echo up $$; while :; do sleep 0.1; done';
  return new Promise<{ readonly run: ReturnType<typeof startBuilt>; readonly pid: number }>((resolve) => {
    const run = startBuilt(home.home, ['run', alice.email, '--', standIn(), '-c', script, 'exec'], {
      timeoutMs: 60_000,
      onStdout: (text) => {
        const [, pid] = /^up (\d+)/.exec(text) ?? [];
        if (pid !== undefined) resolve({ run, pid: Number(pid) });
      },
    });
  });
}

async function end(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 10_000 }).toBe(false);
}

describe.runIf(canFakeClients)('a run', () => {
  it('that is killed leaves its command, and the login in one place', async () => {
    const { run, pid } = await startRun();
    run.signal('SIGKILL');
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    const { refresh_token } = await refreshAsClient(privately);
    // The command still runs in the private home, so the home of the person shares the login.
    expect((await command(['switch', alice.email])).exitCode).toBe(0);
    expect(lstatSync(home.home.authFile).isSymbolicLink()).toBe(true);
    await end(pid);
    await run.ended;
    expect((await command(['run', alice.email, '--', 'true'])).exitCode).toBe(0);
    expect((await command(['check'])).exitCode).toBe(0);
    expect([home.record('acc_alice').refreshToken, provider.fateOf(refresh_token)]).toEqual([refresh_token, 'live']);
  });

  it('keeps its account from being removed, until it has ended', async () => {
    const { run, pid } = await startRun();
    const refused = await command(['remove', alice.email, '--yes']);
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining(`pid ${pid}`)]);
    const { refresh_token } = await refreshAsClient(privately);
    await end(pid);
    await run.ended;
    expect((await command(['remove', alice.email, '--yes'])).exitCode).toBe(0);
    expect(existsSync(privately.home.codexHome)).toBe(false);
    expect(home.kept().join()).toContain(refresh_token);
  });
});

it.runIf(canHaveMounts)('a home in which nothing can be made is named, and the login stays where it was', async () => {
  const prefix = readOnlyDirectory(home.home.codexHome);
  const result = await command(['run', alice.email, '--', 'true'], { prefix });
  expect(result.exitCode).not.toBe(0);
  expect(result.stderr).toContain(home.home.codexHome);
  expect(existsSync(privately.home.authFile)).toBe(false);
  const { refreshToken = '' } = home.record('acc_alice');
  expect(provider.fateOf(refreshToken)).toBe('live');
});
