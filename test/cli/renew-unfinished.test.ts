import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { muchLater, runCli } from '../support/cli.js';
import { alice, bob, carol, type RefreshHome } from '../support/refresh-home.js';
import { atNoon, emptyHome, known, said, setProviderToNoon } from '../support/seed.js';
import { readFlatFile, writeFlatFile } from '../support/token-files.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

const run = ({ home }: RefreshHome, argv: readonly string[]) => runCli(home, ['renew', ...argv], atNoon);
const refreshes = () => provider.requests.refreshes();
const soon = (who: typeof alice) => provider.issueTokens({ ...who, expiresInSeconds: 3_600 });
const isLive = (path: string) => provider.fateOf(readFlatFile(path)['refresh_token'] ?? '') === 'live';

describe('nothing that was received is lost', () => {
  /** Takes the directory of a file away while the provider answers, and brings it back afterwards. */
  async function renewUnwritable(seeded: RefreshHome, path: string): Promise<Awaited<ReturnType<typeof run>>> {
    const directory = dirname(path);
    provider.scenario.on('token', { kind: 'slow', ms: 400 }, { times: 1 });
    const running = run(seeded, [path]);
    await expect.poll(refreshes, { timeout: 15_000 }).toHaveLength(1);
    renameSync(directory, `${directory}-away`);
    const result = await running;
    expect(existsSync(directory)).toBe(false);
    renameSync(`${directory}-away`, directory);
    return result;
  }

  test('when the file cannot be written: the next renewal of it finishes, without a request', async () => {
    const seeded = emptyHome(provider);
    const path = writeFlatFile(seeded.home, 'tokens/a.json', await soon(alice));
    const before = readFileSync(path, 'utf8');
    const result = await renewUnwritable(seeded, path);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toContain(`the new tokens are safe in ${seeded.root.paths.journal}`);
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(seeded.journal()).toMatchObject([{ isLeft: true, header: { tokenFiles: [path] } }]);

    // Another command that writes leaves the answer where it is.
    await seeded.addAccount('acc_carol', carol, known);
    await runCli(seeded.home, ['label', '1', 'other'], atNoon);
    expect(seeded.journal()).toHaveLength(1);

    const next = await run(seeded, [path]);
    expect(next.exitCode).toBe(0);
    expect(refreshes()).toHaveLength(1);
    expect(isLive(path)).toBe(true);
    expect(seeded.journal()).toEqual([]);
    expect(seeded.kept()).toEqual([]);
  });

  test('when the file is gone for good: its tokens are kept aside', async () => {
    const seeded = emptyHome(provider);
    await seeded.addAccount('acc_carol', carol, known);
    const path = writeFlatFile(seeded.home, 'tokens/a.json', await soon(alice));
    await renewUnwritable(seeded, path);
    rmSync(path);
    await runCli(seeded.home, ['label', '1', 'other'], atNoon);
    expect(seeded.journal()).toEqual([]);
    const [kept = ''] = seeded.kept();
    const [account] = JSON.parse(kept).accounts;
    expect(provider.fateOf(account.refreshToken)).toBe('live');
  });

  test('when somebody changes something else in the file meanwhile: both changes are in it', async () => {
    const seeded = emptyHome(provider);
    const path = writeFlatFile(seeded.home, 'a.json', await soon(alice));
    provider.scenario.on('token', { kind: 'slow', ms: 400 }, { times: 1 });
    const running = run(seeded, ['a.json']);
    await expect.poll(refreshes, { timeout: 15_000 }).toHaveLength(1);
    writeFileSync(path, JSON.stringify({ ...readFlatFile(path), note: 'of somebody else' }));
    expect((await running).exitCode).toBe(0);
    expect(readFlatFile(path)['note']).toBe('of somebody else');
    expect(isLive(path)).toBe(true);
  });

  test('when somebody puts another login into the file meanwhile: it stays, and ours is kept aside', async () => {
    const seeded = emptyHome(provider);
    const path = writeFlatFile(seeded.home, 'a.json', await soon(alice));
    provider.scenario.on('token', { kind: 'slow', ms: 400 }, { times: 1 });
    const running = run(seeded, ['a.json']);
    await expect.poll(refreshes, { timeout: 15_000 }).toHaveLength(1);
    const theirs = await provider.issueTokens(carol);
    writeFlatFile(seeded.home, 'a.json', theirs);
    const result = await running;
    expect(result.exitCode).toBe(1);
    expect(said(result)).toContain('another program changed it at the same moment');
    expect(readFlatFile(path)['refresh_token']).toBe(theirs.refresh_token);
    await seeded.addAccount('acc_bob', bob, known);
    await runCli(seeded.home, ['label', '1', 'other'], atNoon);
    const [account] = JSON.parse(seeded.kept()[0] ?? '{}').accounts;
    expect(provider.fateOf(account.refreshToken)).toBe('live');
  });

  test('when the answer is cut off: the token is not sent again before its time, and then once more', async () => {
    const seeded = emptyHome(provider);
    const path = writeFlatFile(seeded.home, 'a.json', await soon(alice));
    const before = readFileSync(path, 'utf8');
    provider.scenario.on('token', { kind: 'resetAfterProcessing' }, { times: 1 });
    const first = await run(seeded, ['a.json']);
    expect(first.exitCode).toBe(5);
    expect(said(first)).toContain('nobody knows whether the refresh of alice@example.com happened');
    expect(seeded.journal()).toHaveLength(1);
    expect(said(await run(seeded, ['a.json']))).toContain('it may be tried again after 12:05');
    expect(refreshes()).toHaveLength(1);
    const second = await runCli(seeded.home, ['renew', 'a.json'], { ...atNoon, ...muchLater });
    expect(said(second)).toContain('an earlier refresh of alice@example.com got no answer, and its token is spent now');
    expect(refreshes()).toHaveLength(2);
    expect(seeded.journal()).toEqual([]);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  test.skipIf(process.geteuid?.() === 0)('when the directory cannot be written to: nothing is sent', async () => {
    const seeded = emptyHome(provider);
    const path = writeFlatFile(seeded.home, 'tokens/a.json', await soon(alice));
    chmodSync(dirname(path), 0o500);
    const result = await run(seeded, ['tokens']);
    chmodSync(dirname(path), 0o700);
    expect(result.exitCode).toBe(1);
    expect(said(result)).toContain('permission denied');
    expect(refreshes()).toHaveLength(0);
  });

  test('when the file belongs to another user: nothing is sent', async () => {
    const seeded = emptyHome(provider);
    const path = writeFlatFile(seeded.home, 'a.json', await soon(alice));
    const other = (process.geteuid?.() ?? 0) + 1;
    const result = await runCli(seeded.home, ['renew', 'a.json'], { ...atNoon, effectiveUserId: other });
    expect(result.exitCode).not.toBe(0);
    expect(said(result)).toContain('without sudo');
    expect(isLive(path)).toBe(true);
  });

  test('when the journal cannot be made: nothing is sent', async () => {
    const seeded = emptyHome(provider);
    const path = writeFlatFile(seeded.home, 'a.json', await soon(alice));
    mkdirSync(seeded.home.root, { recursive: true });
    writeFileSync(seeded.root.paths.journal, 'a file in its place');
    const result = await run(seeded, ['a.json']);
    expect(result.exitCode).toBe(6);
    expect(refreshes()).toHaveLength(0);
    expect(isLive(path)).toBe(true);
  });

  test('by several processes at once: one request, and every file gets its answer', async () => {
    const seeded = emptyHome(provider);
    const path = writeFlatFile(seeded.home, 'a.json', await soon(alice));
    provider.scenario.on('token', { kind: 'slow', ms: 200 }, { times: 1 });
    const results = await Promise.all([1, 2, 3].map(() => run(seeded, ['a.json', '--force'])));
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
    expect(refreshes()).toHaveLength(1);
    expect(isLive(path)).toBe(true);
  });
});
