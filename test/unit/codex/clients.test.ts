import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { clientsByPs } from '../../../src/core/codex/client-processes.js';
import { listClients, runningClients } from '../../../src/core/codex/clients.js';
import { codexHomeAt } from '../../../src/core/codex/home.js';
import { canFakeClients, startFakeClient } from '../../support/fake-clients.js';
import { temporaryDirectory } from '../../support/temporary.js';

describe.skipIf(!canFakeClients)('a running official client', () => {
  it.each([
    ['an interactive session', [], 'session', true],
    ['a session with options and a prompt', ['-m', 'gpt-5', 'fix the tests'], 'session', true],
    ['a session that is taken up again', ['resume', '--last'], 'session', true],
    ['a session without the background server', ['--no-daemon'], 'session', false],
    ['a session whose options switch it off', ['--disable', 'daemon_auto_start'], 'session', false],
    ['a task', ['exec', '--json', 'hi'], 'exec', false],
    ['the background server', ['app-server', '--listen', 'unix://', '--managed-daemon'], 'daemon', false],
    ['a server on stdio', ['app-server'], 'app-server', false],
    ['an MCP server', ['mcp-server'], 'app-server', false],
  ])('is known as %s by its command line', async (_what, words, kind, sharesDaemon) => {
    const home = temporaryDirectory();
    const { pid } = await startFakeClient(home, words);
    expect(listClients(codexHomeAt(home))).toEqual([{ kind, pid, sharesDaemon, ageMs: expect.any(Number) }]);
    expect(runningClients(codexHomeAt(home))).toEqual([pid]);
  });

  it('is an editor’s by where its program is', async () => {
    const home = temporaryDirectory();
    await startFakeClient(home, ['app-server'], { below: '.vscode-server/extensions/openai.chatgpt-1.2.3/bin' });
    expect(listClients(codexHomeAt(home))).toMatchObject([{ kind: 'editor' }]);
  });

  it.each([
    ['codex-x86_64-unknown-linux-musl', ['exec', 'hi'], 'exec'],
    ['codex-aarch64-apple-darwin', [], 'session'],
    ['codex-x86_64-pc-windows-msvc.exe', [], 'session'],
    ['codex-app-server', ['--listen', 'unix://'], 'daemon'],
    ['codex-app-server-x86_64-unknown-linux-musl', [], 'app-server'],
    ['codex-exec-aarch64-unknown-linux-musl', ['hi'], 'exec'],
  ])('is known by the name %s of its releases', async (name, words, kind) => {
    const home = temporaryDirectory();
    const { pid } = await startFakeClient(home, words, { name });
    expect(listClients(codexHomeAt(home))).toMatchObject([{ kind, pid }]);
    expect(runningClients(codexHomeAt(home))).toEqual([pid]);
  });

  it.each(['tmp/arg0-linux/codex-arg0x1Y2z3/.lock', 'tmp/arg0/codex-arg0x1Y2z3/.lock', 'state_5.sqlite'])(
    'is known under any name by its open %s',
    async (file) => {
      const home = temporaryDirectory();
      const opens = join(home, file);
      mkdirSync(dirname(opens), { recursive: true });
      const { pid } = await startFakeClient(home, ['exec', 'hi'], { name: 'my-helper', opens });
      expect(listClients(codexHomeAt(home))).toMatchObject([{ kind: 'exec', pid }]);
      expect(runningClients(codexHomeAt(temporaryDirectory()))).not.toContain(pid);
    },
  );

  it.each(['codex-auth', 'codex-lb', 'codex-code-mode-host', 'codexia', 'my-codex'])('is not %s', async (name) => {
    const home = temporaryDirectory();
    await startFakeClient(home, ['exec'], { name, opens: join(home, 'config.toml') });
    expect(runningClients(codexHomeAt(home))).toEqual([]);
  });

  it('that only signs in or out is no place with an account in use', async () => {
    const home = temporaryDirectory();
    const { pid } = await startFakeClient(home, ['login', 'status']);
    expect(listClients(codexHomeAt(home))).toEqual([]);
    // Such a client may write `auth.json` all the same.
    expect(runningClients(codexHomeAt(home))).toEqual([pid]);
  });

  it('is not the updater of the background server, which outlives it', async () => {
    const home = temporaryDirectory();
    await startFakeClient(home, ['app-server', 'daemon', 'pid-update-loop']);
    expect([listClients(codexHomeAt(home)), runningClients(codexHomeAt(home))]).toEqual([[], []]);
  });

  it('counts for its own home only', async () => {
    const [home, other] = [temporaryDirectory(), temporaryDirectory()];
    const { pid, stop } = await startFakeClient(home, []);
    expect(runningClients(codexHomeAt(other))).not.toContain(pid);
    await stop();
    expect(runningClients(codexHomeAt(home))).toEqual([]);
  });

  it('tells how long it has been running', async () => {
    const home = temporaryDirectory();
    const before = performance.now();
    await startFakeClient(home, []);
    const [client] = listClients(codexHomeAt(home));
    // The kernel counts in hundredths of a second.
    expect(client?.ageMs).toBeLessThanOrEqual(performance.now() - before + 20);
  });

  const hasPs = spawnSync('ps', ['-x']).status === 0;
  it.skipIf(!hasPs).each(['codex', 'codex-exec'])('is found as %s where there is no /proc', async (name) => {
    const { pid } = await startFakeClient(temporaryDirectory(), ['exec', 'hi'], { name });
    const found = clientsByPs().find((each) => each.pid === pid);
    expect(found).toMatchObject({ pid, arguments: expect.arrayContaining(['exec', 'hi']) });
    expect(found?.ageMs).toBeLessThan(60_000);
  });

  it.skipIf(!hasPs)('is found where there is no /proc although another one ends meanwhile', async () => {
    const ending = await startFakeClient(temporaryDirectory(), []);
    const { pid } = await startFakeClient(temporaryDirectory(), ['exec', 'hi']);
    // This `ps` ends the process `ending` when it is asked about that process alone.
    const directory = temporaryDirectory();
    const real = spawnSync('which', ['ps'], { encoding: 'utf8' }).stdout.trim();
    const script = `#!/bin/sh\ncase "$*" in *" ${ending.pid}") kill -9 ${ending.pid}; exit 1;; esac\nexec ${real} "$@"\n`;
    writeFileSync(join(directory, 'ps'), script, { mode: 0o755 });
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('PATH', `${directory}:${process.env.PATH}`);
    const found = clientsByPs();
    expect(found).toContainEqual(expect.objectContaining({ pid, arguments: expect.arrayContaining(['exec', 'hi']) }));
    expect(found).toContainEqual(expect.objectContaining({ pid: ending.pid, arguments: [] }));
  });
});
