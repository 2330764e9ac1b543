import { beforeEach, describe, expect, test } from 'vitest';
import { type CliResult, runCli } from '../support/cli.js';
import { challenge, rateLimited, refused } from '../support/provider/faults.js';
import { type Endpoint, endpointPaths, type Fault } from '../support/provider/scenario.js';
import { alice, bob, carol, type RefreshHome } from '../support/refresh-home.js';
import { atNoon, emptyHome, known, said, setProviderToNoon } from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';

const provider = useProvider();
beforeEach(() => setProviderToNoon(provider));

const endpoints = Object.keys(endpointPaths) as Endpoint[];

/** Three accounts, two of which are due. */
async function threeAccounts(): Promise<RefreshHome> {
  const seeded = emptyHome(provider);
  await seeded.addAccount('acc_home', { ...alice, expiresInSeconds: -60 }, known);
  await seeded.addAccount('acc_bob', { ...bob, expiresInSeconds: -60 }, known);
  await seeded.addAccount('acc_carol', carol, known);
  return seeded;
}

const run = ({ home }: RefreshHome, argv: string) => runCli(home, argv.split(' '), atNoon);

describe('a hint is never the command that has just failed', () => {
  const faults: readonly [string, Fault][] = [
    ['401', refused(401, 'token_revoked')],
    ['401 of a blocked account', refused(401, 'account_deactivated')],
    ['402', { kind: 'status', status: 402, body: { detail: { code: 'deactivated_workspace' } } }],
    ['403', refused(403, 'invalid_workspace_selected')],
    ['400 of an ended session', refused(400, 'app_session_expired')],
    ['400 of this program', refused(400, 'invalid_client')],
    ['404', { kind: 'status', status: 404, body: { detail: 'Not Found' } }],
    ['429', rateLimited(30)],
    ['500', refused(500, 'server_error')],
    ['region', refused(403, 'unsupported_country_region_territory')],
    ['challenge', challenge()],
    ['a page', { kind: 'garbage' }],
    ['a redirect', { kind: 'redirect', to: 'http://127.0.0.1:9/' }],
    ['nonsense', { kind: 'status', status: 200, body: '[]' }],
    ['a cut connection', { kind: 'reset' }],
  ];
  // Only commands that ask the provider can fail because of its answer.
  const commands = [
    'check',
    'check --live',
    'usage',
    'usage --live',
    'forecast --live',
    'best --live',
    'report --live',
    'guard --once',
    'renew --force',
    'fix',
    'models --yes',
    'switch 1',
    'verify-flagged',
    'verify-flagged --dry-run',
    'doctor',
    'remove 1 --yes --revoke',
    'login --device-auth',
    'watch --once',
  ];

  const cases = faults.flatMap(([name, fault]) => commands.map((argv) => [name, argv, fault] as const));

  test.each(cases)('%s to %s', async (_name, argv, fault) => {
    const seeded = await threeAccounts();
    if (argv.startsWith('verify-flagged')) await run(seeded, 'flag 2');
    for (const endpoint of endpoints) provider.scenario.on(endpoint, fault);
    const [text, asJson] = [await run(seeded, argv), await run(seeded, `${argv} --json`)];
    for (const command of [...hintsIn(text), ...jsonHintsIn(asJson)].flatMap(commandsIn)) {
      expect({ argv, command, isSame: isSame(command, argv) }).toMatchObject({ isSame: false });
    }
    expect(said(text)).not.toContain('makes no sense');
    for (const line of said(text)
      .split('\n')
      .filter((each) => each.includes('has been set aside'))) {
      expect(line).toMatch(/codex-auth (?:login|verify-flagged)|update codex-auth/);
    }
  });

  test('and this test sees one', () => {
    const hint = 'codex-auth check, or sign in again: codex-auth login --manual';
    expect(commandsIn(hint)).toEqual(['check', 'login --manual']);
    const failure = { exitCode: 1, stdout: JSON.stringify({ error: { hint: 'codex-auth check' } }), stderr: '' };
    expect(jsonHintsIn(failure)).toEqual(['codex-auth check']);
    expect(hintsIn({ ...failure, stdout: 'a → codex-auth check\n' })).toEqual(['codex-auth check']);
    expect(hintsIn({ ...failure, stdout: '', stderr: 'warning: no: codex-auth check\n' })).toEqual([
      'no: codex-auth check',
    ]);
    expect([isSame('check', 'check --live'), isSame('login --manual', 'login'), isSame('fix', 'check')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

function hintsIn(result: CliResult): string[] {
  return said(result)
    .split('\n')
    .flatMap((line) => line.split(/→|->|^warning: /).slice(1))
    .map((hint) => hint.trim());
}

/** Every `hint` in a document, wherever it stands. */
function jsonHintsIn({ stdout }: CliResult): string[] {
  const hints: string[] = [];
  JSON.parse(stdout, (key, value) => {
    if (key === 'hint' && typeof value === 'string') hints.push(value);
    return value;
  });
  return hints;
}

/** The command lines in a hint, up to the punctuation that ends them. */
function commandsIn(hint: string): string[] {
  return [...hint.matchAll(/\bcodex-auth ([a-z-]+(?: [\w-]+)*)/g)].map(([, words = '']) => words);
}

/** Another account or option makes it another command; further words of the hint belong to the sentence. */
function isSame(hinted: string, argv: string): boolean {
  const [name, ...rest] = hinted.split(' ');
  const given = argv.split(' ');
  const isOther = rest.some((word) => /^(?:--|acc_)/.test(word) && !given.includes(word));
  return name === given[0] && !isOther;
}
