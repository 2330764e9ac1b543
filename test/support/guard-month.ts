import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readClaims } from '../../src/core/accounts/jwt-claims.js';
import { runCli } from './cli.js';
import { field } from './provider/request-log.js';
import { endpointPaths } from './provider/scenario.js';
import type { Provider } from './provider/start.js';
import { RefreshHome } from './refresh-home.js';
import { virtualClock } from './virtual-clock.js';

const dayMs = 86_400_000;

export interface Month {
  readonly accounts: number;
  readonly days: number;
  /** Life of each access token. */
  readonly lifeSeconds: number;
  /** How often quota is read, for events that follow from it; absent: it is not read. */
  readonly quotaIntervalMs?: number;
}

export interface MonthResult {
  readonly result: Record<string, unknown>;
  readonly stderr: string;
  /** For each refresh, how long the access token before it still had to live, in milliseconds. */
  readonly leftAtRefresh: readonly number[];
  /** The largest number of times that one token was sent. */
  readonly mostSendings: number;
  readonly refreshes: number;
  /** The shortest time between two questions about the quota of one account, in milliseconds. */
  readonly shortestQuotaPause: number;
  readonly quotaReads: number;
  /** Bytes of the heap after a collection, at the end of each day; what the stand-in remembers is in it. */
  readonly heap: readonly number[];
  readonly fates: readonly string[];
}

/** A guard for some weeks, in which every sleep is over at once. */
export async function guardMonth(provider: Provider, directory: string, month: Month): Promise<MonthResult> {
  const start = Date.now();
  provider.scenario.clockOffsetSeconds = 0;
  provider.scenario.accessTokenSeconds = month.lifeSeconds;
  const seeded = new RefreshHome(directory, provider);
  await seedAccounts(seeded, month);
  const heap: number[] = [];
  const collect = collector();
  const clock = virtualClock({
    start,
    lengthMs: month.days * dayMs,
    provider,
    forgetsSleeps: true,
    onSleep(sinceStartMs) {
      while (heap.length < Math.floor(sinceStartMs / dayMs)) heap.push(collect());
    },
  });
  const { stdout, stderr } = await runCli(seeded.home, ['guard', '--json'], {
    clock,
    signal: clock.signal,
    variables: subscription(month),
  });
  return {
    result: JSON.parse(stdout).data,
    stderr,
    heap,
    fates: seeded.records().map(({ refreshToken = '' }) => provider.fateOf(refreshToken)),
    ...whatWasSent(provider),
  };
}

async function seedAccounts(seeded: RefreshHome, { accounts, lifeSeconds }: Month): Promise<void> {
  const { provider } = seeded;
  for (let index = 0; index < accounts; index += 1) {
    const who = { email: `person-${index}@example.com` };
    provider.people.addAccount(who);
    // Tokens that began at different times, as people sign in.
    const expiresInSeconds = Math.round((lifeSeconds * (index + 1)) / accounts);
    const tokens = await seeded.addAccount(`acc_${index}`, { ...who, expiresInSeconds });
    if (index === 0) seeded.writeAuthFile(tokens);
  }
}

function subscription({ quotaIntervalMs }: Month): Record<string, string> {
  if (quotaIntervalMs === undefined) return {};
  return {
    CODEX_AUTH_ON_EVENT: '["true"]',
    CODEX_AUTH_EVENT_QUOTA_INTERVAL_MS: String(quotaIntervalMs),
  };
}

function whatWasSent({ requests, issued }: Provider) {
  const refreshes = requests.refreshes();
  const ends = new Map(issued.all.map((tokens) => [tokens.refresh_token, endOf(tokens.access_token)]));
  const sendings = new Map<string, number>();
  for (const request of refreshes) {
    const token = field(request, 'refresh_token') ?? '';
    sendings.set(token, (sendings.get(token) ?? 0) + 1);
  }
  const pauses = new Map<string, { last: number; least: number }>();
  const reads = requests.to(endpointPaths.usage);
  for (const { headers, receivedAt } of reads) {
    const account = String(headers['chatgpt-account-id']);
    const known = pauses.get(account);
    const least = Math.min(known?.least ?? Number.POSITIVE_INFINITY, receivedAt - (known?.last ?? -Infinity));
    pauses.set(account, { last: receivedAt, least });
  }
  return {
    refreshes: refreshes.length,
    leftAtRefresh: refreshes.map((each) => (ends.get(field(each, 'refresh_token')) ?? 0) - each.receivedAt),
    mostSendings: Math.max(0, ...sendings.values()),
    quotaReads: reads.length,
    shortestQuotaPause: Math.min(...[...pauses.values()].map(({ least }) => least)),
  };
}

function endOf(accessToken: string | undefined): number {
  return accessToken === undefined ? 0 : (readClaims(accessToken)?.expiresAt ?? 0);
}

/** Collects garbage and tells what is left. */
function collector(): () => number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  return () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
}
