import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { asNobody } from '../support/as-nobody.js';
import { runBuilt, runBuiltJson } from '../support/built.js';
import type { ProgramOptions } from '../support/program-process.js';
import { alice, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';
import { startUserSystemd, type UserSystemd, whyNoUserSystemd } from '../support/user-systemd.js';

const missing = await whyNoUserSystemd();
const why = missing === undefined ? '' : ` (skipped: ${missing})`;

describe.skipIf(missing !== undefined)(`a real systemd${why}`, () => {
  const provider = useProvider({ keepsState: true });

  test('runs the guard as a service, starts it again, and is left as it was', async () => {
    const seeded = new RefreshHome(temporaryDirectory(), provider);
    const { home } = seeded;
    await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: 100 });
    const nobody = asNobody(home);
    const systemd = (await startUserSystemd(home.directory)) as UserSystemd;
    const options: ProgramOptions = { ...nobody, variables: systemd.variables };
    const status = async () => (await runBuiltJson(home, ['guard', '--status'], options)).document.data;
    try {
      const installed = await runBuiltJson(home, ['guard', '--install', '--yes'], options);
      expect(installed.document.error).toBeUndefined();
      const { name, files } = installed.document.data;
      expect(files).toMatchObject([{ change: 'create' }]);
      // The service refreshes what is due.
      await expect.poll(() => seeded.record('acc_home')['tokenGeneration'], { timeout: 30_000 }).toBe(2);
      await expect.poll(async () => (await status()).guard?.pid, { timeout: 30_000 }).toBeGreaterThan(0);
      const first = await status();
      expect(first).toMatchObject({ installed: true, started: true, stale: [] });
      const logs = await runBuilt(home, ['guard', '--logs'], options);
      expect(logs.stdout).toContain('alice@example.com: refreshed until');

      // The same again changes nothing.
      const again = await runBuiltJson(home, ['guard', '--install', '--yes'], options);
      expect(again.document.data.files).toEqual([]);
      // A second guard is told of the one that runs.
      await expect.poll(async () => (await status()).guard?.pid, { timeout: 30_000 }).toBeGreaterThan(0);
      const second = await runBuilt(home, ['guard', '--once'], options);
      expect([second.exitCode, second.stderr]).toEqual([6, expect.stringContaining('(pid ')]);
      expect((await runBuilt(home, ['uninstall', '--yes'], options)).stderr).toContain('codex-auth guard --uninstall');

      const removed = await runBuilt(home, ['guard', '--uninstall', '--yes'], options);
      expect(removed.exitCode, removed.stderr).toBe(0);
      expect(systemd.systemctl('list-units', '--all', name).stdout).not.toContain(name);
      await expect.poll(async () => (await status()).guard, { timeout: 30_000 }).toBeUndefined();
      // What systemctl itself has made may be there; nothing of ours is.
      expect(namesBelow(join(home.directory, 'person', '.config'))).toEqual([]);
      expect(provider.fateOf(seeded.record('acc_home').refreshToken ?? '')).toBe('live');
    } finally {
      await systemd.stop();
    }
  });

  test('does not make a new root where the old one has been, and forgets its unit', async () => {
    const seeded = new RefreshHome(temporaryDirectory(), provider);
    const { home } = seeded;
    await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: 9_000 });
    const nobody = asNobody(home);
    const systemd = (await startUserSystemd(home.directory)) as UserSystemd;
    const options: ProgramOptions = { ...nobody, variables: systemd.variables };
    try {
      const { document } = await runBuiltJson(home, ['guard', '--install', '--yes'], options);
      const { name, files } = document.data;
      const moved = join(home.codexHome, 'moved');
      systemd.systemctl('stop', name);
      renameSync(home.root, moved);
      systemd.systemctl('start', name);
      expect(existsSync(home.root)).toBe(false);
      const there = { ...options, variables: { ...systemd.variables, CODEX_MULTI_AUTH_DIR: moved } };
      const status = await runBuilt(home, ['guard', '--status'], there);
      expect(status.exitCode).toBe(1);
      expect(status.stdout).toContain(`${files[0].path} is for ${home.root}, which is gone`);
      const removed = await runBuilt(home, ['guard', '--uninstall', '--yes'], there);
      expect(removed.stdout).toContain(`Removed ${files[0].path}`);
      expect(existsSync(files[0].path)).toBe(false);
    } finally {
      await systemd.stop();
    }
  });
});

function namesBelow(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}
