import { describe, expect, test } from 'vitest';
import { createTestHome } from '../support/cli.js';
import { accountsIn, loginIn } from '../support/login-home.js';
import { alice, bob } from '../support/people-refs.js';
import type { AccountRef } from '../support/provider/people.js';
import { completeLogin } from '../support/provider/sign-in.js';
import { missingForTerminal, Terminal } from '../support/terminal.js';
import { useProvider } from '../support/use-provider.js';

const why = missingForTerminal === undefined ? '' : ` (skipped: ${missingForTerminal} is not installed)`;

describe.skipIf(missingForTerminal !== undefined)(`on a real terminal without a browser${why}`, () => {
  const provider = useProvider();

  /** Wide enough for the address to be on one line. */
  const wide = { columns: 800, rows: 40 };

  async function pasteAddressOf(terminal: Terminal, who: AccountRef): Promise<void> {
    const screen = await terminal.shows('Waiting for the browser', '/oauth/authorize?');
    const url = [...screen.matchAll(/https?:\/\/\S+\/oauth\/authorize\?\S+/g)].at(-1)?.[0] ?? '';
    const { callbackUrl } = await completeLogin(provider, url, { ...who, deliver: false });
    await terminal.type(callbackUrl);
    await terminal.press('Enter');
  }

  test('the address is pasted while the login waits, and the next question is heard', async () => {
    const home = createTestHome(provider);
    const terminal = await Terminal.open(home, wide);
    await terminal.run('codex-auth login');
    await terminal.shows('codex-auth login --device-auth', 'paste here the address that it ends on');
    await pasteAddressOf(terminal, alice);
    expect(await terminal.exitCode()).toBe(0);
    expect(loginIn(home)['account_id']).toBe(alice.accountId);

    await terminal.run('clear; codex-auth login');
    await terminal.shows('You have accounts already');
    await terminal.press('Enter');
    await pasteAddressOf(terminal, bob);
    await terminal.shows('Make it the active account?');
    await terminal.type('y');
    await terminal.press('Enter');
    expect(await terminal.exitCode()).toBe(0);
    expect(loginIn(home)['account_id']).toBe(bob.accountId);
    expect(accountsIn(home.poolFile)).toHaveLength(2);
  });
});
