/**
 * What a command costs over starting Node at all: `npx tsx bench/startup.ts`. All of it in one run and by turns, so that
 * a busy machine slows every column alike.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account } from '../src/core/accounts/account.js';
import { emptyPool } from '../src/core/accounts/pool.js';
import { systemClock } from '../src/core/clock.js';
import { formatAuthFile } from '../src/core/codex/auth-file.js';
import { Secret } from '../src/core/secret.js';
import { rootPaths } from '../src/core/storage/paths.js';
import { systemProcesses } from '../src/core/storage/process-table.js';
import { withStore } from '../src/core/storage/store.js';
import { builtProject } from '../test/support/program-process.js';
import { makeTestHome, type TestHome } from '../test/support/test-home.js';

const rounds = 25;
const limits = { overFloorMs: 30, manyOverFew: 2 };
const now = Date.now();
const directory = mkdtempSync(join(tmpdir(), 'codex-auth-startup-'));

/** As long as a real token, which carries some 1,500 bytes of claims. */
function token(claims: object): Secret {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const padded = { ...claims, scp: Array.from({ length: 40 }, (_, index) => `scope.number.${index}.of.many`) };
  return new Secret(`${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(padded)}.${'s'.repeat(342)}`);
}

function account(index: number): Account {
  const email = `person-${index}@example.com`;
  const [userId, accountId] = [`user-${index}`, `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`];
  const auth = { chatgpt_user_id: userId, chatgpt_account_id: accountId, chatgpt_plan_type: 'plus' };
  const iat = Math.floor(now / 1000);
  const claims = { email, iat, exp: iat + 864_000, 'https://api.openai.com/auth': auth };
  const tokens = {
    accessToken: token(claims),
    idToken: token(claims),
    refreshToken: new Secret(`rt_${'r'.repeat(80)}${index}`),
  };
  return {
    ...{ id: `acc_${String(index).padStart(12, '0')}`, userId, accountId, email, planType: 'plus', enabled: true },
    tokens: { ...tokens, expiresAt: now + 864_000_000, lastRefresh: now, generation: 1 },
    addedAt: now,
    lastUsedAt: now - index * 60_000,
    provenance: { issuer: 'https://auth.openai.com', clientId: 'app_EMoamEEZ73f0CkXaXp7hrann' },
    authFile: { top: { OPENAI_API_KEY: null }, tokens: { login_owner_id: 'o'.repeat(43) } },
    raw: {},
  };
}

/** A home whose accounts have known health and quota, the first of them in use. */
async function homeWith(count: number): Promise<TestHome> {
  const home = makeTestHome(join(directory, `accounts-${count}`));
  const accounts = Array.from({ length: count }, (_, index) => account(index + 1));
  const root = { paths: rootPaths(home.root), clock: systemClock, processes: systemProcesses };
  await withStore(root, {}, (store) => {
    store.savePool(undefined, { ...emptyPool, accounts });
    store.changeState((state) => ({
      ...state,
      accounts: Object.fromEntries(accounts.map(({ id }) => [id, knowledge()])),
    }));
  });
  const [first] = accounts;
  const { accessToken, idToken, refreshToken } = first?.tokens ?? {};
  if (first?.accountId === undefined || !accessToken || !idToken || !refreshToken) throw new Error('no account');
  const login = { accountId: first.accountId, accessToken, idToken, refreshToken, lastRefresh: now, extras: undefined };
  writeFileSync(home.authFile, formatAuthFile(login));
  return home;
}

/** A quota as it is stored after every refresh of it. */
function knowledge() {
  const window = (id: string, durationSeconds: number) => ({
    ...{ id, durationSeconds, usedPercent: 40, remainingPercent: 60 },
    resetsAt: now + 3_600_000,
  });
  const windows = [window('5h', 18_000), window('7d', 604_800)];
  return { quota: { observedAt: now, planType: 'plus', windows, allowed: true, limitReached: false, additional: [] } };
}

interface Column {
  readonly title: string;
  readonly argv: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly times: number[];
}

function column(title: string, home: TestHome, argv: readonly string[]): Column {
  const program = join(builtProject(), 'bin', 'codex-auth.js');
  return { title, argv: argv[0] === '-e' ? argv : [program, ...argv], variables: home.variables, times: [] };
}

function measure({ title, argv, variables, times }: Column): void {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(process.execPath, argv, { env: variables, encoding: 'utf8' });
  times.push(performance.now() - startedAt);
  if (status !== 0) throw new Error(`${title} ended with ${status}: ${stderr}`);
}

const median = ({ times }: Column) => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
const least = ({ times }: Column) => Math.min(...times);
const inMs = (ms: number) => `${ms.toFixed(1)} ms`.padStart(9);

function report(floor: Column, columns: readonly Column[]): void {
  process.stdout.write(`${rounds} rounds, Node ${process.version}; over: median over the median of ${floor.title}\n\n`);
  for (const each of [floor, ...columns]) {
    const over = inMs(median(each) - median(floor));
    process.stdout.write(
      `${each.title.padEnd(22)} median ${inMs(median(each))}  min ${inMs(least(each))}  over ${over}\n`,
    );
  }
}

function judge(title: string, value: number, limit: number, unit: string): void {
  const verdict = value <= limit ? 'within' : 'BEYOND';
  process.stdout.write(`${title}: ${value.toFixed(1)}${unit}, ${verdict} the limit of ${limit}${unit}\n`);
  if (verdict === 'BEYOND') process.exitCode = 1;
}

try {
  const [few, many] = [await homeWith(10), await homeWith(1_000)];
  const floor = column('node -e 0', few, ['-e', '0']);
  const listFew = column('list, 10 accounts', few, ['list']);
  const listMany = column('list, 1,000 accounts', many, ['list']);
  const status = column('status, 10 accounts', few, ['status']);
  const columns = [floor, listFew, listMany, status];
  for (let round = 0; round <= rounds; round += 1) {
    for (const each of columns) measure(each);
    // The first round fills the disk cache.
    if (round === 0) for (const each of columns) each.times.length = 0;
  }
  report(floor, columns.slice(1));
  process.stdout.write('\n');
  judge('list at 10 accounts over the floor', median(listFew) - median(floor), limits.overFloorMs, ' ms');
  judge('status at 10 accounts over the floor', median(status) - median(floor), limits.overFloorMs, ' ms');
  judge('list at 1,000 accounts against 10', median(listMany) / median(listFew), limits.manyOverFew, ' ×');
} finally {
  rmSync(directory, { recursive: true, force: true });
}
