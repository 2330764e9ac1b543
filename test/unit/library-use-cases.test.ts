import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { type CodexAuth, openCodexAuth } from '../../src/index.js';
import { runCli } from '../support/cli.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { completeLogin } from '../support/provider/sign-in.js';
import { alice, bob, carol, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { writeFlatFile } from '../support/token-files.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

type Options = Parameters<typeof openCodexAuth>[0];

/** Alice and Carol, whose login the official client has. */
async function twoAccounts(): Promise<RefreshHome> {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_alice', alice);
  seeded.writeAuthFile(await seeded.addAccount('acc_carol', carol));
  return seeded;
}

function open({ home }: RefreshHome, more: Partial<Options> = {}): CodexAuth {
  const auth = openCodexAuth({ environment: home.variables, cwd: home.cwd, ...more });
  onTestFinished(() => auth.close());
  return auth;
}

describe('what the command line does, a program can', () => {
  it('signs somebody in with a browser, whom the official client does not get', async () => {
    const seeded = await twoAccounts();
    const pages: { url: string; code?: string }[] = [];
    let signingIn: ReturnType<CodexAuth['signIn']> | undefined;
    const shown = new Promise<string>((resolve) => {
      signingIn = open(seeded).signIn({
        label: 'at work',
        show(page) {
          pages.push(page);
          resolve(page.url);
        },
      });
    });
    const { answer } = await completeLogin(provider, await shown, bob);
    const { id, outcome } = (await signingIn) ?? {};
    expect([outcome, seeded.records().at(-1)]).toMatchObject(['added', { recordId: id }]);
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('bob@example.com is ready') });
    expect(seeded.records().at(-1)).toMatchObject({ email: bob.email, accountLabel: 'at work' });
    expect(seeded.authFile().tokens.account_id).toBe(carol.accountId);
    expect(pages).toEqual([{ url: expect.stringContaining('/oauth/authorize?') }]);
  });

  it('signs somebody in again with a code, and every home has the new login', async () => {
    const seeded = await twoAccounts();
    provider.scenario.deviceInterval = '0.1';
    const signedIn = await open(seeded).signIn({
      device: true,
      show: ({ code = '' }) => provider.device.approve(code, carol),
    });
    expect(signedIn).toEqual({ id: 'acc_carol', outcome: 'updated' });
    expect(seeded.authFile().tokens.refresh_token).toBe(seeded.record('acc_carol').refreshToken);
  });

  it('refuses what cannot be before it shows a page', async () => {
    const auth = open(await twoAccounts());
    const show = () => {
      throw new Error('a page was shown');
    };
    await expect(auth.signIn({ show, label: '7' })).rejects.toMatchObject({ code: 'usage' });
    await expect(auth.signIn({ show, expect: 'nobody' })).rejects.toMatchObject({ code: 'usage' });
    await expect(auth.signIn({ show })).rejects.toThrow('a page was shown');
  });

  it('reads quota, and keeps it for the next that asks', async () => {
    const seeded = await twoAccounts();
    provider.scenario.setUsage(carol.accountId, { weeklyPercent: 40 });
    provider.scenario.on('usage', { kind: 'status', status: 503 }, { accountId: alice.accountId });
    const usage = await open(seeded).usage();
    expect(usage).toMatchObject([
      { id: 'acc_alice', failure: { code: 'provider-error' } },
      { id: 'acc_carol', quota: { source: 'live', usableNowPercent: 60 } },
    ]);
    const [known] = await open(seeded).usage({ selector: 'acc_carol', cached: true });
    expect(known).toMatchObject({ id: 'acc_carol', quota: { source: 'cache', usableNowPercent: 60 } });
  });

  it('checks logins, and refreshes what is due once', async () => {
    const seeded = new RefreshHome(temporaryDirectory(), provider);
    await seeded.addAccount('acc_alice', { ...alice, expiresInSeconds: -60 });
    const auth = open(seeded);
    expect(await auth.check()).toEqual([{ id: 'acc_alice', isFine: true }]);
    provider.revokeAccount(alice, { accessTokens: 'refused' });
    expect(await auth.check()).toMatchObject([{ id: 'acc_alice', isFine: false, failure: { code: 'sign-in-needed' } }]);
    expect(provider.requests.refreshes().length).toBeLessThanOrEqual(2);
  });

  it('recommends after asking, and changes nothing', async () => {
    const seeded = await twoAccounts();
    provider.scenario.setUsage(carol.accountId, { weeklyPercent: 100 });
    const { recommendation } = await open(seeded).forecast();
    expect(recommendation?.id).toBe('acc_alice');
    expect(seeded.authFile().tokens.account_id).toBe(carol.accountId);
  });

  it('keeps a conversation on its account', async () => {
    const auth = open(await twoAccounts());
    const first = await auth.best({ session: 'a conversation' });
    const other = first.id === 'acc_alice' ? 'acc_carol' : 'acc_alice';
    await auth.keepSession('another', other);
    expect(await auth.best({ session: 'another' })).toMatchObject({ id: other, reason: { code: 'keeps-session' } });
  });

  it('switches, and says what cannot make way', async () => {
    const seeded = await twoAccounts();
    const auth = open(seeded);
    expect(await auth.switchTo('alice')).toEqual({ id: 'acc_alice', previousId: 'acc_carol', changed: true });
    writeFileSync(seeded.home.authFile, JSON.stringify({ OPENAI_API_KEY: 'a key of the person' }), { mode: 0o600 });
    await expect(auth.switchTo('carol')).rejects.toMatchObject({ code: 'confirmation-needed' });
    expect(await auth.switchTo('carol', { replace: true })).toMatchObject({
      changed: true,
      keptFile: expect.any(String),
    });
    expect(seeded.authFile().tokens.account_id).toBe(carol.accountId);
  });

  it('brings back an account that works again', async () => {
    const seeded = await twoAccounts();
    expect((await runCli(seeded.home, ['flag', 'acc_alice'])).exitCode).toBe(0);
    const auth = open(seeded);
    expect(await auth.verifyFlagged()).toEqual([{ id: 'acc_alice', outcome: 'restored' }]);
    expect(
      auth
        .list()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['acc_alice', 'acc_carol']);
  });

  it('renews accounts and token files', async () => {
    const seeded = await twoAccounts();
    const tokens = await provider.issueTokens({ ...bob, expiresInSeconds: 60 });
    const path = writeFlatFile(seeded.home, join('files', 'bob.json'), tokens);
    expect(await open(seeded).renew([path])).toEqual([{ path, outcome: 'renewed' }]);
    expect(await open(seeded).renew(['acc_alice'])).toMatchObject([{ id: 'acc_alice', outcome: 'skipped' }]);
    expect(await open(seeded).renew([`${path}.not-there.json`])).toMatchObject([
      { path: `${path}.not-there.json`, outcome: 'failed', failure: { code: 'storage-unreadable' } },
    ]);
  });

  it('tries a model', async () => {
    const trials = await open(await twoAccounts()).models({ selector: 'acc_alice', models: ['gpt-5.5'] });
    expect(trials).toMatchObject([{ id: 'acc_alice', model: 'gpt-5.5', verdict: expect.any(String) }]);
  });

  it('looks at everything and repairs accounts', async () => {
    const seeded = await twoAccounts();
    const auth = open(seeded);
    expect(await auth.fix({ dryRun: true })).toEqual([]);
    const rows = await auth.doctor({ offline: true });
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.find(({ id }) => id === 'auth-file')).toMatchObject({ status: 'ok' });
  });
});

describe('a signal', () => {
  it('ends the wait for somebody who signs in, and frees the port', async () => {
    const seeded = await twoAccounts();
    const ending = new AbortController();
    let port = 0;
    const show = ({ url }: { url: string }) => {
      port = Number(new URL(new URL(url).searchParams.get('redirect_uri') ?? '').port);
      ending.abort();
    };
    await expect(open(seeded, { signal: ending.signal }).signIn({ show })).rejects.toMatchObject({
      code: 'interrupted',
    });
    await expect(fetch(`http://127.0.0.1:${port}/auth/callback`)).rejects.toThrow();
    expect(seeded.records()).toHaveLength(2);
  });

  it('ends what is under way', async () => {
    const seeded = await twoAccounts();
    const ending = new AbortController();
    provider.scenario.on('usage', { kind: 'held', until: systemClock.sleep(3_000) });
    const asking = open(seeded, { signal: ending.signal }).usage();
    await expect.poll(() => provider.requests.to(endpointPaths.usage).length).toBeGreaterThan(0);
    ending.abort();
    await expect(asking).rejects.toMatchObject({ code: 'interrupted' });
  });
});
