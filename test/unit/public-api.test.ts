import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { inspect } from 'node:util';
import { transform } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as library from '../../src/index.js';
import { AppError, type CodexAuth, openCodexAuth } from '../../src/index.js';
import { driveLogin } from '../support/drive-login.js';
import { endpointPaths } from '../support/provider/scenario.js';
import { alice, carol, RefreshHome } from '../support/refresh-home.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();

async function homeWith(who = alice, expiresInSeconds = 864_000): Promise<RefreshHome> {
  const seeded = new RefreshHome(temporaryDirectory(), provider);
  await seeded.addAccount('acc_home', { ...who, expiresInSeconds }, { accountLabel: 'home' });
  return seeded;
}

function open({ home }: RefreshHome, more: Partial<Parameters<typeof openCodexAuth>[0]> = {}): CodexAuth {
  const auth = openCodexAuth({ environment: home.variables, cwd: home.cwd, ...more });
  onTestFinished(() => auth.close());
  return auth;
}

/** A documented program, run as a program would with this environment; what it prints, line by line. */
async function runExample(
  { home }: RefreshHome,
  heading = 'Asking the provider',
  onLine: (line: string) => void = () => undefined,
): Promise<string[]> {
  const page = readFileSync(new URL('../../docs/library.md', import.meta.url), 'utf8');
  const [, example] = new RegExp(`## ${heading}[^\n]*\\n\\n\`\`\`ts\\n(.*?)\`\`\``, 's').exec(page) ?? [];
  if (example === undefined) throw new Error('the page has no such example');
  const { code } = await transform(example.replace(/^import \{(.*)\} from 'codex-auth';$/m, 'const {$1} = library;'), {
    loader: 'ts',
  });
  const printed: string[] = [];
  const log = (...parts: readonly unknown[]) => {
    printed.push(parts.join(' '));
    onLine(parts.join(' '));
  };
  const body = `return (async () => {${code}})();`;
  const program = new Function('library', 'process', 'console', body);
  await program(library, { env: home.variables, cwd: () => home.cwd }, { log, error: log });
  return printed;
}

describe('the documented programs', () => {
  it('asks the provider as the recommended account', async () => {
    const seeded = await homeWith();
    expect(await runExample(seeded)).toEqual(['alice@example.com: 200']);
    expect(provider.requests.to(endpointPaths.usage)).toHaveLength(1);
    expect(seeded.state().accounts['acc_home']?.health?.score).toBe(100);
  });

  it('refreshes a token that is due, once', async () => {
    const seeded = await homeWith(alice, -60);
    expect(await runExample(seeded)).toEqual(['alice@example.com: 200']);
    expect(await runExample(seeded)).toEqual(['alice@example.com: 200']);
    expect(provider.requests.refreshes()).toHaveLength(1);
  });

  it('tells by its code why there is no token', async () => {
    const seeded = await homeWith(alice, -60);
    provider.revokeAccount(alice);
    const [line] = await runExample(seeded);
    expect(line).toMatch(/^sign-in-needed: .* codex-auth login$/);
  });
});

describe('the documented programs about many accounts', () => {
  it('sign a person in', async () => {
    const seeded = await homeWith();
    const { onStderr } = driveLogin(provider, alice);
    const signIn = () => runExample(seeded, 'Signing a person in', onStderr);
    expect((await signIn()).at(-1)).toBe('updated, in use from now on');
    expect(seeded.authFile().tokens.refresh_token).toBe(seeded.record('acc_home').refreshToken);
    const stranger = driveLogin(provider, carol);
    const refusal = (await runExample(seeded, 'Signing a person in', stranger.onStderr)).at(-1);
    expect(refusal).toMatch(/^identity-mismatch: signed in as carol@example.com, not as alice@example.com/);
  });

  it('move on to another account', async () => {
    const seeded = await homeWith();
    seeded.writeAuthFile(await seeded.addAccount('acc_carol', carol));
    provider.scenario.setUsage(carol.accountId, { weeklyPercent: 100 });
    const printed = await runExample(seeded, 'Moving on');
    expect(printed.at(-1)).toMatch(/^acc_home: switched, [a-z-]+, \d+% left$/);
    expect(seeded.authFile().tokens.account_id).toBe(alice.accountId);
  });

  it('look at everything', async () => {
    const seeded = await homeWith();
    await seeded.addAccount('acc_carol', carol);
    provider.revokeAccount(carol, { accessTokens: 'refused' });
    const printed = await runExample(seeded, 'A look at everything');
    expect(printed.at(-1)).toBe('1 of 2 are fine');
    expect(printed[0]).toMatch(/^acc_carol: /);
  });
});

describe('the library', () => {
  it('lists accounts without a token', async () => {
    const seeded = await homeWith();
    seeded.writeAuthFile(await seeded.addAccount('acc_carol', carol));
    const listed = open(seeded).list();
    expect(listed).toMatchObject([
      { id: 'acc_home', index: 1, email: alice.email, label: 'home', enabled: true, active: false },
      { id: 'acc_carol', index: 2, active: true },
    ]);
    for (const token of provider.issued.strings()) expect(JSON.stringify(listed)).not.toContain(token);
  });

  it('lists the login of the official client before it is stored, and stores it for a token or a record', async () => {
    const useOf: ((auth: CodexAuth, id: string) => Promise<unknown>)[] = [
      (auth) => auth.accessToken('alice'),
      (auth, id) => auth.record(id, { kind: 'success' }),
      (auth, id) => auth.keepSession('a conversation', id),
    ];
    for (const use of useOf) {
      const seeded = new RefreshHome(temporaryDirectory(), provider);
      seeded.writeAuthFile(await provider.issueTokens(alice));
      const auth = open(seeded);
      const [found] = auth.list();
      expect([auth.list().length, found?.active, existsSync(seeded.home.root)]).toEqual([1, true, false]);
      await use(auth, found?.id ?? '');
      expect(seeded.records().map(({ recordId }) => recordId)).toEqual([found?.id]);
      const { stored, ...same } = found ?? {};
      expect([stored, auth.list()]).toEqual([false, [same]]);
    }
  });

  it('gives a token that no log shows', async () => {
    const { token, accountId } = await open(await homeWith()).accessToken('home');
    expect([inspect(token), JSON.stringify({ token }), String(token)]).toEqual([
      '[secret]',
      '{"token":"[secret]"}',
      '[secret]',
    ]);
    expect(provider.issued.strings()).toContain(token.reveal());
    expect(accountId).toBe(alice.accountId);
  });

  it('keeps a conversation on its account, also for the command line and other processes', async () => {
    const seeded = await homeWith();
    seeded.writeAuthFile(await seeded.addAccount('acc_carol', carol));
    const auth = open(seeded);
    expect(auth.decide({ session: 'a' }).recommendation?.id).toBe('acc_carol');
    await auth.keepSession('a', 'acc_home');
    expect(open(seeded).decide({ session: 'a' }).recommendation).toMatchObject({
      id: 'acc_home',
      reason: { code: 'keeps-session' },
    });
  });

  it('leaves an account alone after what a program recorded about it', async () => {
    const auth = open(await homeWith());
    await auth.record('acc_home', { kind: 'rate-limited', resetsAt: Date.now() + 60_000 });
    expect(auth.decide().recommendation).toBeUndefined();
    expect(auth.decide().accounts[0]?.availability).toBe('delayed');
    await auth.record('acc_home', { kind: 'success' });
    expect(auth.decide().recommendation?.id).toBe('acc_home');
  });

  it('says that requests go to a stand-in', async () => {
    const warnings: string[] = [];
    await open(await homeWith(), { onWarning: (message) => warnings.push(message) }).accessToken('1');
    expect(warnings.join('\n')).toContain('CODEX_AUTH_ISSUER is set');
  });

  it.each([
    ['nobody', 'no-such-account'],
    ['7', 'no-such-account'],
  ])('throws an AppError for the selector %s', async (selector, code) => {
    const failure = open(await homeWith()).accessToken(selector);
    await expect(failure).rejects.toBeInstanceOf(AppError);
    await expect(failure).rejects.toMatchObject({ code });
  });

  it.each(['home', 'acc_nobody', '1', ''])('records nothing about the unknown id %j, and says so', async (id) => {
    const seeded = await homeWith();
    const auth = open(seeded);
    for (const call of [auth.record(id, { kind: 'success' }), auth.keepSession('a', id)]) {
      await expect(call).rejects.toBeInstanceOf(AppError);
      await expect(call).rejects.toMatchObject({ code: 'no-such-account', hint: expect.stringContaining('list()') });
    }
    expect(existsSync(join(seeded.home.root, 'account-state.json'))).toBe(false);
  });

  it('can be closed, and used again, after connections could not be opened', async () => {
    const seeded = await homeWith(alice, -60);
    const certificate = join(seeded.home.directory, 'ca.pem');
    const environment = { ...seeded.home.variables, CODEX_CA_CERTIFICATE: certificate };
    const auth = open(seeded, { environment });
    await expect(auth.accessToken('home')).rejects.toMatchObject({ code: 'usage' });
    await auth.close();
    writeFileSync(certificate, rootCertificates[0] ?? '');
    expect((await auth.accessToken('home')).id).toBe('acc_home');
    await auth.close();
  });

  it('needs a home', () => {
    expect(() => openCodexAuth({ environment: {}, cwd: '/' })).toThrow(AppError);
  });
});
