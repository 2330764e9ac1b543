import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { fingerprint } from '../../src/core/lineage/journal.js';
import { openEntry } from '../../src/core/lineage/open-entry.js';
import { runCli } from '../support/cli.js';
import { alice, aliceAtStudio, carol, type RefreshHome } from '../support/refresh-home.js';
import { noon } from '../support/sample-pool.js';
import { atNoon, emptyHome, known, said, setProviderToNoon } from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

const run = ({ home }: RefreshHome, ...argv: string[]) => runCli(home, argv, atNoon);
const refreshes = () => provider.requests.refreshes().length;
const entriesIn = ({ root }: RefreshHome) => readdirSync(root.paths.journal);

/** An expired account, and what a killed run has left about it, changed. */
async function homeWith(change: (entry: Buffer) => Buffer): Promise<RefreshHome> {
  const seeded = emptyHome(provider);
  const { refresh_token } = await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: -60 }, known);
  const next = await provider.issueTokens(alice);
  const { processes, paths } = seeded.root;
  const entry = await openEntry(paths.journal, processes, {
    kind: 'refresh',
    startedAt: noon - 3_600_000,
    spent: fingerprint(refresh_token),
    accountIds: ['acc_home'],
    issuer: provider.issuer,
    clientId: 'app',
  });
  await entry.record({ refreshToken: next.refresh_token, accessToken: next.access_token, receivedAt: noon });
  const path = entry.leave();
  writeFileSync(path, change(readFileSync(path)));
  return seeded;
}

const ofVersion2 = (entry: Buffer) => Buffer.from(entry.toString().replace('"version":1', '"version":2'));
const tornAt = (end: number) => (entry: Buffer) => entry.subarray(0, end);
const withoutHeader = (entry: Buffer) => Buffer.concat([Buffer.alloc(4096), entry.subarray(4096)]);

describe('an entry of the journal that cannot be read', () => {
  test.each([
    ['of another version', ofVersion2, 'is of version 2'],
    ['with an answer that is torn in its refresh token', tornAt(4096 + 85), 'holds an answer that cannot be read'],
  ])('%s is named and kept, and its token is not sent', async (_what, change, words) => {
    const seeded = await homeWith(change);
    const check = await run(seeded, 'check');
    expect(check.exitCode).toBe(1);
    expect(said(check)).toContain(`${join(seeded.root.paths.journal, entriesIn(seeded)[0] ?? '')} ${words}`);
    expect(said(check)).toContain('refresh token of alice@example.com may be spent and is not sent');
    expect(said(check)).toMatch(/^warning: /m);

    const doctor = await run(seeded, 'doctor', '--fix', '--offline');
    expect(said(doctor)).toContain('may hold the new tokens of alice@example.com');
    expect([entriesIn(seeded).length, refreshes()]).toEqual([1, 0]);
  });

  test.each([
    ['switch', '1'],
    ['run', '1', '--', 'true'],
  ])('keeps %s from handing out a due token', async (...argv) => {
    const seeded = await homeWith(ofVersion2);
    const result = await run(seeded, ...argv);
    expect(result.exitCode).toBe(6);
    expect(said(result)).toContain('refresh token of alice@example.com may be spent and is not sent');
    expect(said(result)).toContain('→ codex-auth doctor');
    expect(existsSync(seeded.home.authFile)).toBe(false);
  });

  test('is no obstacle for other logins', async () => {
    const seeded = await homeWith(ofVersion2);
    await seeded.addAccount('acc_carol', { ...carol, expiresInSeconds: -60 }, known);
    expect(said(await run(seeded, 'check'))).toContain('carol@example.com');
    expect(provider.requests.refreshes().map(({ body }) => Reflect.get(Object(body), 'refresh_token'))).toHaveLength(1);
    expect(provider.fateOf(seeded.record('acc_carol').refreshToken ?? '')).toBe('live');
  });

  test.each([
    ['that does not say which token it is about', withoutHeader, 0],
    ['with a damaged beginning', (entry: Buffer) => Buffer.concat([Buffer.from('X'), entry.subarray(1)]), 0],
    ['of another version without an answer', (entry: Buffer) => ofVersion2(entry).subarray(0, 4096), 1],
    ['that is something else', () => Buffer.from('a note'), 1],
  ])(
    '%s stands in the way until doctor --fix has kept it, and taken an answer that is whole',
    async (_what, change, asked) => {
      const seeded = await homeWith(change);
      expect((await run(seeded, 'check')).exitCode).toBe(1);
      expect(refreshes()).toBe(0);
      const [name = ''] = entriesIn(seeded);
      const content = readFileSync(join(seeded.root.paths.journal, name));

      expect(said(await run(seeded, 'doctor', '--fix', '--offline'))).toContain('to kept');
      expect(entriesIn(seeded)).toEqual([]);
      const [kept = ''] = readdirSync(seeded.root.paths.kept).filter((file) => file.startsWith('journal-entry-'));
      expect(readFileSync(join(seeded.root.paths.kept, kept))).toEqual(content);
      expect((await run(seeded, 'check')).exitCode).toBe(0);
      expect(refreshes()).toBe(asked);
      expect(provider.fateOf(seeded.record('acc_home').refreshToken ?? '')).toBe('live');
    },
  );

  test('gives its answer to every workspace of the login', async () => {
    const seeded = await homeWith(withoutHeader);
    const { refreshToken } = seeded.record('acc_home');
    await seeded.addAccount('acc_studio', { ...aliceAtStudio, refreshToken: String(refreshToken) }, known);
    await run(seeded, 'doctor', '--fix', '--offline');
    const held = ['acc_home', 'acc_studio'].map((id) => seeded.record(id).refreshToken);
    expect(new Set(held).size).toBe(1);
    expect(held).not.toContain(refreshToken);
  });
});

test('of a torn answer the refresh token is used, which is said, and the file is kept', async () => {
  const seeded = await homeWith(tornAt(4096 + 300));
  const check = await run(seeded, 'check');
  expect(check.exitCode).toBe(0);
  expect(said(check)).toContain('holds a torn answer');
  expect(provider.fateOf(seeded.record('acc_home').refreshToken ?? '')).toBe('live');
  expect(entriesIn(seeded)).toEqual([]);
  expect(readdirSync(seeded.root.paths.kept).filter((file) => file.startsWith('torn-answer-'))).toHaveLength(1);
});
