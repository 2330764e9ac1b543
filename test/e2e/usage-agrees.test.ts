import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { usageCommand } from '../../src/cli/commands/usage.js';
import type { AccountUsage } from '../../src/cli/views/usage-view.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { runCli } from '../support/cli.js';
import { findRealCodex, realCodexHome } from '../support/real-codex.js';
import { carol, RefreshHome } from '../support/refresh-home.js';
import { dataOf } from '../support/seed.js';
import { temporaryDirectory } from '../support/temporary.js';
import { useProvider } from '../support/use-provider.js';

const codex = findRealCodex();
const why = 'missing' in codex ? ` (skipped: ${codex.missing})` : '';

/** What the client tells about one limit; null is unknown. */
interface ClientLimit {
  readonly limitId: string;
  readonly primary: ClientWindow | null;
  readonly secondary: ClientWindow | null;
  readonly credits: {
    readonly hasCredits: boolean;
    readonly unlimited: boolean;
    readonly balance: string | null;
  } | null;
  readonly individualLimit: { readonly limit: string; readonly used: string; readonly resetsAt: number } | null;
  readonly spendControlReached: boolean | null;
  readonly planType: string | null;
  readonly rateLimitReachedType: string | null;
}

interface ClientWindow {
  readonly usedPercent: number;
  readonly windowDurationMins: number;
  readonly resetsAt: number;
}

interface ClientLimits {
  readonly accountId: string;
  readonly rateLimits: ClientLimit;
  readonly rateLimitsByLimitId: Readonly<Record<string, ClientLimit>>;
  readonly rateLimitResetCredits: {
    readonly availableCount: number;
    readonly credits: readonly { readonly id: string }[];
  };
}

const soon = () => Math.floor(Date.now() / 1000) + 3_600;
const window = (used_percent: number, limit_window_seconds: number, resetsIn = 3_600) => ({
  used_percent,
  limit_window_seconds,
  reset_after_seconds: resetsIn,
  reset_at: Math.floor(Date.now() / 1000) + resetsIn,
});
const limit = (primary_window: unknown, secondary_window: unknown, members: object = {}) => ({
  allowed: true,
  limit_reached: false,
  primary_window,
  secondary_window,
  ...members,
});

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

const bothWindows = () => limit(window(12, 18_000), window(30, 604_800, 90_000));

/** Made for each test: half a minute later, the two ways in which an answer says when a limit resets disagree. */
const variants = (): Readonly<Record<string, Readonly<Record<string, unknown>>>> => ({
  'both windows': {},
  'a full window': {
    rate_limit: limit(window(100, 18_000), window(55, 604_800), { allowed: false, limit_reached: true }),
    rate_limit_reached_type: { type: 'rate_limit_reached' },
  },
  'only a weekly window, in the first place': { rate_limit: limit(window(7, 604_800), null) },
  'windows of other lengths, the longer one first': { rate_limit: limit(window(1, 2_592_000), window(99, 43_200)) },
  'no windows': { rate_limit: limit(null, null) },
  'no rate limit': { rate_limit: null },
  'another plan': { plan_type: 'self_serve_business_usage_based' },
  credits: { credits: { has_credits: true, unlimited: false, balance: '12.34' } },
  'unlimited credits': { rate_limit: null, credits: { has_credits: true, unlimited: true, balance: null } },
  'spend control': {
    spend_control: {
      reached: true,
      individual_limit: {
        source: 'team',
        limit: '100.00',
        used: '40.00',
        remaining: '60.00',
        used_percent: 40,
        remaining_percent: 60,
        reset_after_seconds: 3_600,
        reset_at: soon(),
      },
    },
  },
  'credits of the workspace used up': { rate_limit_reached_type: { type: 'workspace_member_credits_depleted' } },
  'limits of single models': {
    additional_rate_limits: [
      {
        limit_name: 'GPT-5.5-Codex-Spark',
        metered_feature: 'codex_bengalfox',
        normal_model_slug: null,
        rate_limit: limit(window(40, 18_000), window(3, 604_800)),
      },
      { limit_name: 'Other', metered_feature: 'codex_other', normal_model_slug: null, rate_limit: null },
    ],
  },
});

describe.skipIf('missing' in codex)(`usage and the official client${why}`, () => {
  const provider = useProvider({ keepsState: true });
  let ours: RefreshHome;
  let client: AppServer;
  beforeEach(async () => {
    const directory = temporaryDirectory();
    const home = realCodexHome(directory, provider);
    ours = new RefreshHome(directory, provider, { codexHome: home.codexHome });
    ours.writeAuthFile(await ours.addAccount('acc_carol', carol));
    client = await startAppServer(home);
  });
  afterEach(async () => {
    await client.stop();
    provider.reset();
  });

  async function both(): Promise<{ theirs: ClientLimits; mine: AccountUsage }> {
    const theirs = (await client.call('account/rateLimits/read')) as unknown as ClientLimits;
    const { accounts } = dataOf(usageCommand, await runCli(ours.home, ['usage', '--json', '--live']));
    const [mine] = accounts;
    if (mine === undefined) throw new Error('usage shows no account');
    return { theirs, mine };
  }

  it.each(Object.keys(variants()))('show the same numbers for %s', async (name) => {
    provider.scenario.setUsage(carol.accountId, { overrides: { rate_limit: bothWindows(), ...variants()[name] } });
    const { theirs, mine } = await both();
    expect(asClient(mine)).toEqual(essence(theirs));
  });

  it('show the same reset credits', async () => {
    provider.scenario.setUsage(carol.accountId, { overrides: { rate_limit_reset_credits: { available_count: 2 } } });
    const credit = (id: string) => ({
      id,
      reset_type: 'codex_rate_limits',
      status: 'available',
      granted_at: inDays(-30),
      expires_at: inDays(30),
      title: 'A reset',
      description: 'Starts a window anew',
    });
    const body = { credits: [credit('rc_1'), credit('rc_2')], available_count: 2, total_earned_count: 3 };
    provider.scenario.on('resetCredits', { kind: 'status', status: 200, body });
    const { theirs, mine } = await both();
    expect(mine.resetCredits?.availableCount).toBe(theirs.rateLimitResetCredits.availableCount);
    expect(mine.resetCredits?.credits?.map(({ id }) => id)).toEqual(
      theirs.rateLimitResetCredits.credits.map(({ id }) => id),
    );
  });
});

/** What both of them tell, in the client's words. */
function essence({ accountId, rateLimits, rateLimitsByLimitId }: ClientLimits) {
  const { credits, individualLimit, spendControlReached, planType, rateLimitReachedType } = rateLimits;
  return {
    accountId,
    planType: planType ?? undefined,
    reached: rateLimitReachedType ?? undefined,
    credits: credits === null ? undefined : { ...credits, balance: credits.balance ?? undefined },
    spend:
      individualLimit === null
        ? undefined
        : {
            limit: individualLimit.limit,
            used: individualLimit.used,
            resetsAt: individualLimit.resetsAt,
            reached: spendControlReached,
          },
    limits: Object.fromEntries(Object.entries(rateLimitsByLimitId).map(([id, each]) => [id, windowsOf(each)])),
  };
}

function windowsOf({ primary, secondary }: ClientLimit) {
  return [primary, secondary]
    .filter((each) => each !== null)
    .map(({ usedPercent, windowDurationMins, resetsAt }) => ({ usedPercent, windowDurationMins, resetsAt }))
    .sort((a, b) => a.windowDurationMins - b.windowDurationMins);
}

function asClient({ accountId, plan, reachedType, credits, spendControl, quota, additionalLimits = [] }: AccountUsage) {
  const additional = additionalLimits.map(({ meteredFeature, windows }) => [meteredFeature, windows.map(asWindow)]);
  // The client has the spending limit in a place of its own.
  const ordinary = (quota?.windows ?? []).filter(({ id }) => id !== 'budget');
  return {
    accountId,
    planType: plan,
    reached: reachedType,
    credits: credits && { hasCredits: credits.hasCredits, unlimited: credits.unlimited, balance: credits.balance },
    // A personal account has no spending limit, and the client says nothing of one then.
    spend:
      spendControl?.limit === undefined
        ? undefined
        : {
            limit: spendControl.limit,
            used: spendControl.used,
            resetsAt: inSeconds(spendControl.resetsAt),
            reached: spendControl.reached,
          },
    limits: Object.fromEntries([['codex', ordinary.map(asWindow)], ...additional]),
  };
}

function asWindow(each: { usedPercent: number; durationSeconds?: number; resetsAt?: string }) {
  const { usedPercent, durationSeconds, resetsAt } = each;
  return { usedPercent, windowDurationMins: (durationSeconds ?? 0) / 60, resetsAt: inSeconds(resetsAt) };
}

function inSeconds(iso: string | undefined): number | undefined {
  return iso === undefined ? undefined : Date.parse(iso) / 1000;
}
