import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type * as z from 'zod/mini';
import type { CliOptions, CliResult } from './cli.js';
import type { Provider } from './provider/start.js';
import { alice, aliceAtStudio, bob, carol, RefreshHome } from './refresh-home.js';
import { noon } from './sample-pool.js';
import { clockAt } from './stored-accounts.js';
import { temporaryDirectory } from './temporary.js';

const day = 86_400_000;

/** The program's clock stands still at noon; the provider's has gone on by half a minute. */
export const atNoon: CliOptions = { clock: clockAt(noon) };

export function at(minutesAfterNoon: number): CliOptions {
  return { clock: clockAt(noon + minutesAfterNoon * 60_000) };
}

/** Sets the provider's clock half a minute after noon, so that no shown time depends on how fast a test runs. */
export function setProviderToNoon({ scenario }: Provider): void {
  scenario.clockOffsetSeconds = Math.round((noon + 30_000 - Date.now()) / 1000);
}

/** What every seeded record says besides its tokens, so that it looks the same in every run. */
export const known = { addedAt: noon - 9 * day, lastUsed: noon - 3_600_000, lastRefresh: noon - day };

export const studioName = { workspaceName: 'Studio' };
export const personalName = { workspaceName: 'Personal' };

/** Four accounts of three persons: one with a label, two in one workspace, one of them disabled. */
export async function seededHome(provider: Provider): Promise<RefreshHome> {
  const seeded = emptyHome(provider);
  await seeded.addAccount('acc_home', alice, { ...known, ...personalName, accountLabel: 'home' });
  await seeded.addAccount('acc_studio', aliceAtStudio, { ...known, ...studioName });
  await seeded.addAccount('acc_bob', bob, { ...known, ...studioName, enabled: false });
  await seeded.addAccount('acc_carol', carol, { ...known, ...personalName });
  return seeded;
}

/** One account that is signed in, and a provider that knows of it. */
export async function homeOfAlice(provider: Provider, expiresInSeconds?: number): Promise<RefreshHome> {
  const seeded = emptyHome(provider);
  const lifetime = expiresInSeconds === undefined ? {} : { expiresInSeconds };
  await seeded.addAccount('acc_home', { ...alice, ...lifetime }, { ...known, ...personalName });
  return seeded;
}

/** One account of hers, with her login in the official client too. */
export async function homeUsingAlice(provider: Provider, expiresInSeconds: number): Promise<RefreshHome> {
  const seeded = emptyHome(provider);
  const tokens = await seeded.addAccount('acc_home', { ...alice, expiresInSeconds }, { ...known, ...personalName });
  seeded.writeAuthFile(tokens);
  return seeded;
}

/** Two accounts, the first of which the official client uses. */
export async function twoHome(provider: Provider): Promise<RefreshHome> {
  const seeded = emptyHome(provider);
  seeded.writeAuthFile(await seeded.addAccount('acc_home', alice, known));
  await seeded.addAccount('acc_carol', carol, known);
  return seeded;
}

export function emptyHome(provider: Provider): RefreshHome {
  return new RefreshHome(temporaryDirectory(), provider, { clock: clockAt(noon) });
}

/** A window as the usage endpoint sends it, counted from noon. */
export function windowAtNoon(used_percent: number, limit_window_seconds: number, resetsIn: number) {
  return { used_percent, limit_window_seconds, reset_after_seconds: resetsIn, reset_at: noon / 1000 + resetsIn };
}

/** A rate limit with both usual windows: `resetsIn` 2 h 5 m and three days from noon. */
export function limitAtNoon(fiveHourPercent: number, weeklyPercent: number) {
  const isReached = fiveHourPercent >= 100 || weeklyPercent >= 100;
  return {
    allowed: !isReached,
    limit_reached: isReached,
    primary_window: windowAtNoon(fiveHourPercent, 18_000, 7_500),
    secondary_window: windowAtNoon(weeklyPercent, 604_800, 259_200),
  };
}

/** Gives an account these numbers; `members` replace others of the answer. */
export function setUsage(
  { scenario }: Provider,
  who: { readonly accountId: string },
  fiveHourPercent: number,
  weeklyPercent: number,
  members: Readonly<Record<string, unknown>> = {},
): void {
  const overrides = { rate_limit: limitAtNoon(fiveHourPercent, weeklyPercent), ...members };
  scenario.setUsage(who.accountId, { overrides });
}

interface KnownFacts {
  readonly health?: {
    readonly score: number;
    readonly cooldown?: { readonly until: number; readonly reason: string };
    readonly rateLimitedUntil?: number;
  };
  readonly quota?: { readonly observedAt: number };
}

/** What is remembered about an account. */
export function factsAbout({ home }: RefreshHome, id: string): KnownFacts {
  const state = JSON.parse(readFileSync(join(home.root, 'account-state.json'), 'utf8'));
  return state.accounts[id] ?? {};
}

/** What a command printed, without the two warnings about a stand-in, which a terminal breaks into several lines. */
export function said({ stdout, stderr }: CliResult): string {
  return stdout + stderr.replace(/^warning: CODEX_AUTH_\w+ is set.*\n(?: {2}.*\n)*/gm, '');
}

/** The data of a document. Checks that it has the published shape and nothing besides. */
export function dataOf<T>(command: { readonly schema: z.ZodMiniType<T> }, { stdout }: CliResult): T {
  const { ok, data, error } = JSON.parse(stdout);
  expect({ ok, error }).toEqual({ ok: true });
  const parsed = command.schema.parse(data);
  expect(data).toEqual(parsed);
  return parsed;
}

/** The credential files of a home, byte by byte. */
export function credentialsOf({ home }: RefreshHome): Record<string, string> {
  const paths = [home.authFile, home.poolFile, join(home.root, 'openai-codex-flagged-accounts.json')];
  return Object.fromEntries(paths.map((path) => [path, contentOrNothing(path)]));
}

function contentOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // A file that is not there is compared as that.
    return 'absent';
  }
}
