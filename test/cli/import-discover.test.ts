import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createTestHome, runCli, runJson, type TestHome } from '../support/cli.js';
import { codexFile, person, snapshotOf, tokenFile } from '../support/login-files.js';
import { tokenFor } from '../support/unsigned-tokens.js';

function place(home: TestHome, name: string, content: unknown): string {
  const path = join(home.variables['HOME'] ?? '', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const short = (name: string) => {
  const { refresh, ...facts } = person(name);
  return { type: 'oauth', refresh, access: tokenFor(facts), expires: 9_000_000, accountId: facts.accountId };
};

test('finds what known tools keep, shows it, and changes nothing', async () => {
  const home = createTestHome();
  writeFileSync(home.authFile, JSON.stringify(codexFile(person('own'))));
  const files = [
    place(home, '.codex/auth.json', codexFile(person('first'))),
    place(home, '.codex-work/auth.json', codexFile(person('second'))),
    place(home, '.local/share/opencode/auth.json', { openai: short('third'), anthropic: { type: 'oauth' } }),
    place(home, '.pi/agent/auth.json', { 'openai-codex': short('fourth') }),
    place(home, '.codex-switcher/accounts.json', { accounts: [{ name: 'W', auth_data: tokenFile(person('fifth')) }] }),
    place(home, '.cli-proxy-api/codex-sixth.json', tokenFile(person('sixth'))),
  ];
  place(home, '.cli-proxy-api/claude-x.json', tokenFile(person('x'), { type: 'claude' }));
  place(home, '.codex-broken/auth.json', { tokens: 1 });
  const before = snapshotOf(home.directory);
  const { exitCode, document } = await runJson(home, ['import', '--discover']);
  expect(exitCode).toBe(0);
  expect(document.data).toMatchObject({ dryRun: true, counts: { new: 7, refused: 0, passed: 0 } });
  expect(document.data.discovered.sort()).toEqual([home.authFile, ...files].sort());
  expect(snapshotOf(home.directory)).toEqual(before);

  const { stdout } = await runCli(home, ['import', '--discover']);
  expect(stdout).toContain('To take them over:\n  codex-auth import ');
  expect((await runCli(home, ['import', ...document.data.discovered, '--yes'])).exitCode).toBe(0);
  const again = await runCli(home, ['import', '--discover']);
  expect(again.stdout).toContain('All of them are here already.\n');
});

test('says so where there is nothing, and takes neither paths nor consent', async () => {
  const home = createTestHome();
  expect(await runCli(home, ['import', '--discover'])).toMatchObject({
    exitCode: 0,
    stdout: 'No logins were found where other tools keep theirs.\n',
  });
  for (const argv of [['import'], ['import', '--discover', 'a.json'], ['import', '--discover', '--yes']]) {
    expect(await runCli(home, argv)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--discover') });
  }
});
