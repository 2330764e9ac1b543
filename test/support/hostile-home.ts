import { appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeEvent } from '../../src/core/events/event.js';
import { rootPaths } from '../../src/core/storage/paths.js';
import { runCli, type TestHome } from './cli.js';
import { setAside } from './flagged-records.js';
import { hostile } from './hostile-text.js';
import { makeProject } from './project-home.js';
import type { Provider } from './provider/start.js';
import { alice, bob, carol, RefreshHome } from './refresh-home.js';
import { noon } from './sample-pool.js';
import { atNoon, known, limitAtNoon } from './seed.js';
import { clockAt, writeJson } from './stored-accounts.js';
import { temporaryDirectory } from './temporary.js';
import { makeTestHome } from './test-home.js';

/** What a record says in words, each of them hostile. */
const words = {
  accountLabel: hostile('label'),
  workspaceName: hostile('workspace'),
  planType: hostile('plan'),
  accountIdSource: hostile('source'),
  movedFrom: hostile('moved from'),
  [hostile('member')]: hostile('unknown member'),
};

/** The words that say who somebody is are hostile, too: no request can be made for such a record. */
function identityOf(name: string) {
  return {
    recordId: hostile(`${name} id`),
    email: hostile(`${name} email`),
    accountId: hostile(`${name} account id`),
    userId: hostile(`${name} user id`),
    provenance: { issuer: hostile('issuer'), clientId: hostile('client id') },
  };
}

/** Lets every answer of the backend have hostile words wherever it has words. */
export function answerHostile({ scenario }: Provider): void {
  const limits = limitAtNoon(40, 55);
  const reached = { type: hostile('reached type') };
  for (const { accountId } of [alice, bob, carol]) {
    scenario.setUsage(accountId, {
      overrides: {
        plan_type: hostile('plan'),
        rate_limit: limits,
        additional_rate_limits: [
          { limit_name: hostile('limit name'), metered_feature: hostile('feature'), rate_limit: limitAtNoon(100, 20) },
        ],
        model_usage: { [hostile('slug')]: { available: false, available_at: noon / 1000 + 60 } },
        credits: { has_credits: true, unlimited: false, balance: hostile('balance') },
        rate_limit_reached_type: reached,
        spend_control: { reached: true, individual_limit: { limit: hostile('limit'), used: hostile('used') } },
      },
    });
  }
  scenario.models = [{ slug: hostile('model slug'), display_name: hostile('model name'), priority: 1 }];
  scenario.on('accountsCheck', { kind: 'status', status: 200, body: accountsCheck() });
  scenario.on('devicetoken', { kind: 'status', status: 400, body: { error: { code: hostile('device code') } } });
  scenario.on('responses', { kind: 'status', status: 400, body: { detail: hostile('model refusal') } });
}

function accountsCheck(): unknown {
  const account = { name: hostile('account name'), plan_type: hostile('plan'), structure: hostile('structure') };
  return { accounts: { [alice.accountId]: { account: { account_id: alice.accountId, ...account } } } };
}

/** Lets every endpoint refuse with hostile codes and messages. */
export function refuseHostile({ scenario }: Provider): void {
  const error = { code: hostile('code'), type: hostile('type'), message: hostile('message') };
  const body = { error, error_description: hostile('description'), detail: hostile('detail') };
  for (const endpoint of ['usage', 'accountsCheck', 'models', 'responses', 'resetCredits'] as const) {
    scenario.on(endpoint, { kind: 'status', status: 403, body });
  }
  for (const endpoint of ['token', 'revoke', 'usercode', 'devicetoken'] as const) {
    scenario.on(endpoint, { kind: 'status', status: 400, body: { ...body, error: hostile('oauth error') } });
  }
}

/** A home in which every file has something hostile wherever it has words, in directories with hostile names. */
export async function makeHostileHome(place: string, provider: Provider): Promise<TestHome> {
  const directory = join(place, hostile('directory', { asName: true }));
  const seeded = new RefreshHome(directory, provider, { clock: clockAt(noon) });
  const { home } = seeded;
  seeded.writeAuthFile(await seeded.addAccount('acc_home', alice, { ...known, ...words }), {
    [hostile('member')]: hostile('auth file'),
  });
  await seeded.addAccount('acc_due', { ...bob, expiresInSeconds: -60 }, { ...known, ...words });
  for (const name of ['record', 'flagged']) {
    await seeded.addAccount(name, { ...carol, expiresInSeconds: -60 }, { ...known, ...words, ...identityOf(name) });
  }
  setAside(seeded, [hostile('flagged id')], { flaggedReason: hostile('reason'), lastError: hostile('last error') });
  await fillState(home, provider);
  fillRoot(home);
  return home;
}

/** What is known of accounts, as the program itself writes it down from hostile answers. */
async function fillState(home: TestHome, provider: Provider): Promise<void> {
  answerHostile(provider);
  await runCli(home, ['usage', '--live'], atNoon);
  const path = join(home.root, 'account-state.json');
  const state = JSON.parse(readFileSync(path, 'utf8'));
  const cooldown = { until: noon + 600_000, reason: hostile('cooldown') };
  state.accounts[hostile('record id')] = { health: { score: 40, at: noon, consecutiveRefreshFailures: 1, cooldown } };
  writeJson(path, state);
}

/** The other files, and another project whose name came from elsewhere. */
function fillRoot(home: TestHome): void {
  const seen = { at: noon - 3_600_000, account: hostile('record id'), window: hostile('window'), usedPercent: 10 };
  appendFileSync(join(home.root, 'quota-history.ndjson'), `${JSON.stringify(seen)}\n`);
  const accounts = [{ id: hostile('record id'), name: hostile('name'), reason: hostile('reason') }];
  const event = makeEvent('set-aside', { at: noon - 3_600_000, accounts });
  appendFileSync(join(home.root, 'events.ndjson'), `${JSON.stringify(event)}\n`);
  const key = makeProject(home);
  const pool = JSON.parse(readFileSync(home.poolFile, 'utf8'));
  const other = join(home.root, 'projects', hostile('project', { asName: true }), 'openai-codex-accounts.json');
  writeJson(other, { ...pool, projectRoot: hostile('/project root') });
  writeJson(join(home.root, 'projects', key, 'openai-codex-flagged-accounts.json'), { version: 1, accounts: [] });
  const { journal, settings, lineageLog } = rootPaths(home.root);
  mkdirSync(journal, { recursive: true });
  for (const name of ['', '.json']) {
    writeFileSync(join(journal, `${hostile('journal', { asName: true })}${name}`), JSON.stringify(hostile('entry')));
  }
  writeJson(settings, { [hostile('setting')]: hostile('value'), quotaTtlMs: 300_000 });
  writeFileSync(
    join(home.codexHome, 'config.toml'),
    `cli_auth_credentials_store = "${hostile('store', { asToml: true })}"\n`,
  );
  appendFileSync(lineageLog, `${hostile('lineage')}\n${JSON.stringify({ event: hostile('event') })}\n`);
  writeFileSync(join(home.cwd, `${hostile('import', { asName: true })}.json`), '{"refresh_token": "rt-broken"');
  const email = hostile('email');
  const tokens = { access_token: hostile('token'), refresh_token: hostile('rt'), email };
  writeJson(join(home.cwd, 'tokens.json'), [tokens, { access_token: 'token', refresh_token: 'rt', email }]);
}

/** A copy of the home for a command to change, in a directory of the same name. */
export function copyOf(home: TestHome, provider: Provider): TestHome {
  const directory = join(temporaryDirectory(), hostile('directory', { asName: true }));
  cpSync(home.directory, directory, { recursive: true });
  return makeTestHome(directory, provider);
}
