import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { runBuilt, runBuiltJson } from '../support/built.js';
import { findPostgres } from '../support/postgres/find-postgres.js';
import { type Postgres, startPostgres } from '../support/postgres/server.js';
import { type Provider, startProvider } from '../support/provider/start.js';
import { alice, RefreshHome } from '../support/refresh-home.js';
import { missingForKeyring, startSecretService } from '../support/secret-service.js';
import { temporaryDirectory } from '../support/temporary.js';

const found = findPostgres();
const why = 'missing' in found ? ` (skipped: ${found.missing})` : '';
const noKeyring = missingForKeyring();

describe.skipIf('missing' in found)(`the built program shares a pool${why}`, () => {
  let provider: Provider;
  let postgres: Postgres;
  let laptop: RefreshHome;
  beforeAll(async () => {
    [provider, postgres] = await Promise.all([startProvider(), startPostgres()]);
  });
  beforeEach(async () => {
    laptop = new RefreshHome(temporaryDirectory(), provider);
    await laptop.addAccount('acc_alice', alice);
  });
  afterEach(() => provider.reset());
  afterAll(() => Promise.all([provider.stop(), postgres.stop()]));

  async function data({ home }: RefreshHome, argv: readonly string[], options: Parameters<typeof runBuilt>[2] = {}) {
    const { exitCode, document, stderr } = await runBuiltJson(home, argv, options);
    expect({ exitCode, error: document.error, stderr }).toMatchObject({ exitCode: 0, error: undefined });
    return document.data;
  }

  test('with another machine, and renews there what was renewed here', async () => {
    const { url } = await postgres.newDatabase();
    const { recoveryPhrase } = await data(laptop, ['share', 'init', '-', '--name', 'laptop'], { stdin: url });
    await data(laptop, ['share', 'add', '--all']);
    const desktop = new RefreshHome(temporaryDirectory(), provider);
    const join = ['share', 'join', '-', '--key-file', '-', '--name', 'desktop'];
    await data(desktop, join, { stdin: `${url}\n${recoveryPhrase}\n` });
    await data(laptop, ['renew', 'alice', '--force']);
    await data(laptop, ['sync']);
    await data(desktop, ['sync']);
    expect(desktop.records()[0]?.accessToken).toBe(laptop.records()[0]?.accessToken);
    const { stdout } = await runBuilt(desktop.home, ['list']);
    expect(stdout).toContain('laptop keeps it');
  });

  test.skipIf(noKeyring !== undefined)(
    `with its key in the keyring${noKeyring === undefined ? '' : ` (skipped: ${noKeyring})`}`,
    async () => {
      const service = await startSecretService(temporaryDirectory());
      onTestFinished(() => service.stop());
      const { variables } = service;
      const { url } = await postgres.newDatabase();
      const init = ['share', 'init', url, '--keyring'];
      const { keyPlace, recoveryPhrase } = await data(laptop, init, { variables });
      expect(keyPlace).toBe('keyring');
      const { shareKey } = laptop.root.paths;
      expect(JSON.parse(readFileSync(shareKey, 'utf8'))).not.toHaveProperty('key');
      expect((await data(laptop, ['share', 'phrase'], { variables })).recoveryPhrase).toBe(recoveryPhrase);
      await data(laptop, ['share', 'add', '--all'], { variables });
      // Without the session that has the keyring, as over ssh.
      const closed = await runBuilt(laptop.home, ['sync']);
      expect(closed).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('codex-auth share join') });
      expect(await runBuilt(laptop.home, ['list'])).toMatchObject({ exitCode: 0 });
      await data(laptop, ['share', 'leave', '--yes'], { variables });
      expect((await runBuilt(laptop.home, ['share', 'phrase'], { variables })).exitCode).toBe(1);
    },
  );
});
