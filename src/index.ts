import type { Account } from './core/accounts/account.js';
import { selectAccount } from './core/accounts/selector.js';
import { systemClock } from './core/clock.js';
import { runningClients } from './core/codex/clients.js';
import { flockHelpers } from './core/codex/credential-lock.js';
import { codexHomeAt } from './core/codex/home.js';
import { type Decision, decide } from './core/decision/decide.js';
import { factsOf } from './core/decision/facts.js';
import { definedOnly } from './core/defined-only.js';
import { type Environment, homeIfNeeded, readEnvironment } from './core/environment.js';
import { AppError } from './core/errors.js';
import { withKnowledge } from './core/health/account-state.js';
import { lookup, touch } from './core/health/affinity.js';
import type { HealthEvent } from './core/health/events.js';
import { applyEvent } from './core/health/state.js';
import { updateAccountState } from './core/health/state-store.js';
import { outcomeError } from './core/logins/describe-outcome.js';
import { type RefreshDeps, sideBySide } from './core/logins/refresh-deps.js';
import { canWait } from './core/logins/refresh-outcome.js';
import { accountsElsewhere, type Roster, readRoster, withNewestPlan } from './core/logins/roster.js';
import { recordsOf } from './core/pools/scope-records.js';
import { readableScopes } from './core/pools/stored-files.js';
import { printable } from './core/printable.js';
import { locateScope, scopeForReading } from './core/project/scope.js';
import { resolveProvider, userAgent } from './core/provider/provider.js';
import type { Secret } from './core/secret.js';
import { resolveSettings, type Settings, settingsOf } from './core/settings.js';
import { locate, rootPaths } from './core/storage/paths.js';
import { systemProcesses } from './core/storage/process-table.js';
import type { Root } from './core/storage/root.js';
import { readSettingsFile } from './core/storage/settings-file.js';

export interface CodexAuthOptions {
  /** Usually `process.env`: decides where the accounts are, as for the command line. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Usually `process.cwd()`: decides whose project's accounts are meant. */
  readonly cwd: string;
  /** The global accounts, whatever the directory. */
  readonly global?: boolean;
  /** Named to the provider in the user agent, behind our own name: letters, digits, dots and dashes. */
  readonly callerName?: string;
  /** Told what a person should know although it went well, such as that requests go to a stand-in. */
  readonly onWarning?: (message: string) => void;
}

/** One account as a program may see it; never a token. */
export interface AccountSummary {
  readonly id: string;
  /** 1-based. */
  readonly index: number;
  readonly email?: string;
  readonly label?: string;
  readonly workspace?: string;
  readonly plan?: string;
  readonly enabled: boolean;
  /** Whether the official client has this login now. */
  readonly active: boolean;
  /** Only the official client has it so far; a token or a record for it stores it first, under the same id. */
  readonly stored?: false;
}

export interface AccessToken {
  readonly id: string;
  /** Reveal it only where it is sent. */
  readonly token: Secret;
  /** For the `chatgpt-account-id` header. */
  readonly accountId?: string;
  /** Milliseconds since the epoch; absent when the provider does not say. */
  readonly expiresAt?: number;
}

export interface DecideRequest {
  readonly model?: string;
  /** A conversation that should stay on its account. */
  readonly session?: string;
}

/** The accounts of one scope, for a program. Each call reads what is on disk at that moment. */
export interface CodexAuth {
  list(): AccountSummary[];
  /** Which account to use, from what is known; asks nobody. */
  decide(request?: DecideRequest): Decision;
  /**
   * An access token that is good now, refreshed if it is due: one request across all processes, never a token lost.
   * Throws an {@link AppError} whose `code` says why there is none.
   */
  accessToken(selector: string): Promise<AccessToken>;
  /** Tells how a request with the account went, for its health and cooldowns. Throws `no-such-account` for an unknown id. */
  record(id: string, event: HealthEvent): Promise<void>;
  /** Ties a conversation to an account, or renews the tie. Throws `no-such-account` for an unknown id. */
  keepSession(session: string, id: string): Promise<void>;
  /** Closes connections, so that the process can end. Never throws because they could not be opened. */
  close(): Promise<void>;
}

/**
 * Opens the accounts that the command line would use in the same place. Reads the settings, and no account yet. Throws an
 * {@link AppError}: `usage` without a home or with one that is misspelled, `invalid-setting`, a `storage-` code for a damaged settings file.
 */
export function openCodexAuth(options: CodexAuthOptions): CodexAuth {
  const place = placeOf(options);
  const { root, settings } = place;
  if (place.warning !== undefined) options.onWarning?.(place.warning);
  let http: Promise<RefreshDeps['http']> | undefined;
  const limits = { ttlMs: settings.sessionAffinityTtlMs, maxEntries: settings.sessionAffinityMaxEntries };
  const warn = options.onWarning ?? (() => undefined);
  const shared = sideBySide(root);
  const read = () => {
    const roster = readRoster(root, place.home, place.scope);
    for (const warning of roster.warnings) warn(warning);
    return roster;
  };

  async function refreshDeps(): Promise<RefreshDeps> {
    http ??= openHttp(place.environment, warn);
    const opened = await http.catch((error: unknown) => {
      // The next call tries again: a setting that stood in the way can be corrected meanwhile.
      http = undefined;
      throw error;
    });
    const { issuer, backendUrl } = place.environment;
    const provider = resolveProvider({ issuer, backendUrl });
    for (const variable of provider.overrides) warn(`${variable} is set: requests do not go to the official provider`);
    return {
      root,
      home: place.home,
      http: opened,
      provider,
      callOptions: { userAgent: userAgent(options.callerName ?? 'library', process.platform, process.arch) },
      settings,
      flockHelpers,
      runningClients,
      uninterrupted: (task) => task(),
      warn,
      signal: new AbortController().signal,
      ...shared,
    };
  }

  /** What is remembered about an account, or spent for it, needs its record. */
  async function takeInFirst({ records }: Roster, account: Account): Promise<void> {
    if (account.isUnstored !== true) return;
    const { takeIn } = await import('./core/logins/take-in.js');
    await takeIn(root, place.home, account, records.key, {});
  }

  /** In any pool, set aside or not; a selector is none. */
  async function assertKnown(id: string): Promise<void> {
    if (recordsOf(readableScopes(root.paths)).some((account) => account.id === id)) return;
    const roster = readRoster(root, place.home, place.scope);
    const unstored = roster.accounts.find((account) => account.isUnstored === true && account.id === id);
    if (unstored !== undefined) return takeInFirst(roster, unstored);
    throw new AppError('no-such-account', `no account has the id "${printable(String(id))}"`, {
      hint: 'use the id of an account that list() or decide() gives',
      details: { id },
    });
  }

  return {
    list: () => summaries(read()),
    decide({ model, session } = {}) {
      const roster = read();
      const now = root.clock.now();
      const sessionAccountId = session && lookup(roster.state.affinity, session, now, limits);
      const { reservePercent, switchMarginPercent } = settings;
      const policy = { reservePercent, switchMarginPercent };
      return decide(factsOf(roster, now), definedOnly({ now, ...policy, model, sessionAccountId }));
    },
    async accessToken(selector) {
      const roster = read();
      const here = definedOnly({ accounts: roster.accounts, previousId: roster.records.pool.previousId });
      const { account } = selectAccount(selector, here, accountsElsewhere(roster));
      await takeInFirst(roster, account);
      const { ensureUsable } = await import('./core/logins/refresh.js');
      const outcome = await ensureUsable(await refreshDeps(), { account, reason: 'proactive_expiry' });
      const isLive =
        outcome.kind === 'usable' || outcome.kind === 'left-to-client' || canWait(outcome, root.clock.now());
      if (isLive) return tokenOf(outcome.account);
      throw outcomeError(outcome);
    },
    async record(id, event) {
      await assertKnown(id);
      await updateAccountState(root, (state) => {
        const known = state.accounts[id] ?? {};
        return withKnowledge(state, id, {
          ...known,
          health: applyEvent(known.health, event, root.clock.now(), settings),
        });
      });
    },
    async keepSession(session, id) {
      await assertKnown(id);
      await updateAccountState(root, (state) => {
        return { ...state, affinity: touch(state.affinity, session, id, root.clock.now(), limits) };
      });
    },
    async close() {
      const opened = await http?.catch(() => undefined);
      await opened?.close();
    },
  };
}

interface Place {
  readonly root: Root;
  readonly home: ReturnType<typeof codexHomeAt>;
  readonly scope: ReturnType<typeof scopeForReading>['scope'];
  readonly settings: Settings;
  readonly environment: Environment;
  readonly warning?: string;
}

function placeOf({ environment: variables, cwd, global, onWarning }: CodexAuthOptions): Place {
  const environment = readEnvironment(variables);
  const home = homeIfNeeded(environment);
  const { codexHome, root: rootDirectory, problem } = locate({ ...environment, home }, cwd);
  if (problem !== undefined) throw problem;
  const paths = rootPaths(rootDirectory);
  const settings = settingsOf(resolveSettings(readSettingsFile(paths.settings).values, environment.raw));
  const { scope, warning } = scopeForReading(locateScope({ global }, settings, { cwd, home }));
  const effectiveUserId = process.geteuid?.();
  const onMerged = (legacyKey: string) =>
    onWarning?.(`the accounts of projects/${legacyKey}, kept for one checkout, are this project's now`);
  const root: Root = {
    paths,
    clock: systemClock,
    processes: systemProcesses,
    projects: () => (scope.kind === 'global' ? [] : [{ ...scope, onMerged }]),
    ...(effectiveUserId === undefined ? {} : { effectiveUserId }),
    ...(environment.rootDir === undefined ? {} : { mayAdopt: () => false }),
  };
  return definedOnly({ root, home: codexHomeAt(codexHome), scope, settings, environment, warning });
}

function summaries(roster: Roster): AccountSummary[] {
  return roster.accounts
    .map((account) => withNewestPlan(account, roster))
    .map((account, position) =>
      definedOnly({
        id: account.id,
        index: position + 1,
        email: account.email,
        label: account.label,
        workspace: account.workspaceName,
        plan: account.planType,
        enabled: account.enabled,
        active: account.id === roster.active?.account.id,
        stored: account.isUnstored === true ? (false as const) : undefined,
      }),
    );
}

function tokenOf(account: Account): AccessToken {
  const { accessToken: token, expiresAt } = account.tokens;
  if (token === undefined) throw new AppError('internal', 'a usable account has no access token');
  return definedOnly({ id: account.id, token, accountId: account.accountId, expiresAt });
}

async function openHttp(environment: Environment, warn: (message: string) => void): Promise<RefreshDeps['http']> {
  const { openHttpClient } = await import('./core/http/open-client.js');
  const { createProxyFor } = await import('./core/http/proxy-for.js');
  const { platform } = process;
  return openHttpClient(
    environment,
    createProxyFor({ clock: systemClock, platform, environment: environment.raw, warn }),
  );
}

export type { Decision } from './core/decision/decide.js';
export { AppError, type ErrorCode } from './core/errors.js';
export type { HealthEvent } from './core/health/events.js';
export type { Secret } from './core/secret.js';
