import * as z from 'zod/mini';
import type { ShownAccount } from '../../core/accounts/account.js';
import { unadoptableReasons } from '../../core/codex/auth-file.js';
import type { CodexHome } from '../../core/codex/home.js';
import { runningDaemon } from '../../core/codex/home.js';
import { loginStoreKind } from '../../core/codex/official-login.js';
import { countSessions, SessionCounts } from '../../core/codex/sessions.js';
import { factsOfAccount } from '../../core/decision/facts.js';
import { standingOf } from '../../core/decision/standing.js';
import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import { printable } from '../../core/printable.js';
import type { ShownRoster } from '../../core/roster/shown-roster.js';
import { describePlace, PlaceView, placeView } from '../../core/session/places.js';
import { indexElsewhere, locateAccount, openShownRoster, requireAccounts } from '../../core/session/selection.js';
import { keepersElsewhere } from '../../core/sharing/keepers.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { nameOf, titleOf } from '../render/account-table.js';
import { renderFacts } from '../render/facts.js';
import { leftPhrase, quotaAge } from '../render/quota.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
import { setAsideInUse, warnAboutSetAside } from '../switching/set-aside.js';
import { AccountRef, accountRef, lifeText, shownEmail, unstoredText } from '../views/account-ref.js';
import { AccountView, accountView } from '../views/account-view.js';
import { BindingView, bindingHere, bindingText } from '../views/binding-view.js';
import { ProxyView, proxiesText, proxyViews } from '../views/proxy-view.js';
import { ScopeView, scopeView, whoseAccounts } from '../views/scope-view.js';

const StatusResult = z.object({
  scope: ScopeView,
  /**
   * What auth.json holds: an account, one that is set aside, the login of one that was removed here, something else, or
   * nothing.
   */
  authFile: z.object({
    path: z.string(),
    /**
     * Where the official client keeps its login; `path` counts for the file only. `memory`: nowhere else, as long as it
     * runs. `unknown`: its configuration is damaged.
     */
    store: z.enum(['file', 'keyring', 'memory', 'unknown']),
    holds: z.enum(['account', 'set-aside', 'unknown-login', 'unadoptable', 'nothing', 'unknown']),
    detail: z.exactOptional(z.string()),
    /** Of the login of an account that is set aside. */
    accessTokenExpiresAt: z.exactOptional(z.iso.datetime()),
  }),
  /** The named account; else the one in use, else this scope's last choice. */
  account: z.exactOptional(z.object({ ...AccountView.shape, place: PlaceView })),
  /** What the last call as this account had to do to be let in. */
  recovery: z.exactOptional(z.object({ kind: z.enum(['reloaded', 'refreshed']), at: z.iso.datetime() })),
  /** This scope's last choice, when another account is in use. */
  chosen: z.exactOptional(AccountRef),
  /** The next command, where something is to be done. */
  next: z.exactOptional(z.string()),
  files: z.object({ root: z.string(), pool: z.string(), settings: z.string(), accountState: z.string() }),
  /** The account as which plain `codex` runs in the directory where this was called, whichever is in use. */
  binding: z.exactOptional(BindingView),
  sessions: SessionCounts,
  /** How requests leave this machine. */
  proxies: z.array(ProxyView),
  /** The official client's background server, which keeps the account it was started with. */
  daemonPid: z.exactOptional(z.number()),
});
export type StatusResult = z.infer<typeof StatusResult>;
type StatusAccount = NonNullable<StatusResult['account']>;

export interface StatusOptions {
  readonly selector?: string;
}

async function status(context: Context, { selector }: StatusOptions): Promise<StatusResult> {
  const roster = openShownRoster(context, context.readingScope());
  const isSetAside = warnAboutSetAside(context, roster);
  const holdsNothing = roster.authFile.content === undefined && roster.authFile.problem === undefined;
  if (holdsNothing && !isSetAside) requireAccounts(roster);
  const { root, home, options, clock } = context;
  const chosen = roster.accounts.find(({ id }) => id === roster.records.pool.activeId);
  const named = selector === undefined ? undefined : locateAccount(context, roster, selector);
  const shown = named ?? roster.active ?? (chosen && { account: chosen });
  const authFile = authFileView(context, roster);
  const account = shown && viewOf(context, roster, shown.account, shown.scopeKey);
  const isOther = named === undefined && chosen !== undefined && chosen.id !== account?.id;
  return definedOnly({
    scope: scopeView(roster),
    authFile,
    account,
    recovery: shown && recoveryOf(roster, shown.account.id),
    chosen: isOther ? accountRef(chosen, roster.accounts.indexOf(chosen) + 1, options.mask === true) : undefined,
    next: nextStep(authFile.holds, account, shown?.account, {
      now: clock.now(),
      isNamed: named !== undefined,
      canChoose: roster.accounts.length > 0,
    }),
    files: {
      root: root.paths.root,
      pool: roster.readFrom,
      settings: options.config ?? root.paths.settings,
      accountState: root.paths.accountState,
    },
    binding: bindingHere(context, roster),
    sessions: countSessions(home.directory, clock.now(), context.warn),
    proxies: await proxyViews(context),
    daemonPid: runningDaemon(home, root.processes),
  });
}

/** `scopeKey` is that of another pool, when the account lives in one. */
function viewOf(
  context: Context,
  roster: ShownRoster,
  account: ShownAccount,
  scopeKey: string | undefined,
): StatusAccount {
  const now = context.clock.now();
  const position = roster.accounts.findIndex(({ id }) => id === account.id);
  const standing = standingOf(factsOfAccount(roster, account, position, now), {
    now,
    reservePercent: context.settings().reservePercent,
  });
  const keepers = keepersElsewhere(context.root.paths);
  const view = accountView(account, standing, { mask: context.options.mask === true, now, keepers });
  if (position >= 0) return { ...view, place: placeView(roster.records.key) };
  return { ...view, index: indexElsewhere(roster, account.id), place: placeView(scopeKey) };
}

function recoveryOf({ state }: ShownRoster, id: string): StatusResult['recovery'] {
  const recovery = state.accounts[id]?.recovery;
  return recovery && { kind: recovery.kind, at: toIso(recovery.at) };
}

function authFileView({ home, options }: Context, roster: ShownRoster): StatusResult['authFile'] {
  const { content, problem } = roster.authFile;
  const { authFile: path } = home;
  const store = storeOf(home, problem !== undefined);
  if (problem !== undefined) return { path, store, holds: 'unknown', detail: problem };
  if (content === undefined) return { path, store, holds: 'nothing' };
  if (content.kind === 'unadoptable') {
    return { path, store, holds: 'unadoptable', detail: unadoptableReasons[content.reason] };
  }
  if (roster.active !== undefined) return { path, store, holds: 'account' };
  const isSetAside = setAsideInUse(roster) !== undefined;
  const { identity, tokens } = content.login;
  return definedOnly({
    path,
    store,
    holds: isSetAside ? ('set-aside' as const) : ('unknown-login' as const),
    detail: shownEmail(identity.email, options.mask === true),
    accessTokenExpiresAt: isSetAside && tokens.expiresAt !== undefined ? toIso(tokens.expiresAt) : undefined,
  });
}

function storeOf(home: CodexHome, isUnread: boolean): StatusResult['authFile']['store'] {
  switch (home.otherStore?.mode) {
    case 'ephemeral':
      return 'memory';
    case 'unknown':
      return 'unknown';
    default:
      // Only of a keyring it is told that it could not be read; for a file that is an error.
      return isUnread ? 'keyring' : loginStoreKind(home);
  }
}

function nextStep(
  holds: StatusResult['authFile']['holds'],
  view: StatusAccount | undefined,
  account: ShownAccount | undefined,
  { now, isNamed, canChoose }: { readonly now: number; readonly isNamed: boolean; readonly canChoose: boolean },
): string | undefined {
  const again = view?.email === undefined ? 'codex-auth login' : `codex-auth login --expect ${view.email}`;
  if (view?.state === 'sign-in-needed') return view.keptBy === undefined ? again : 'codex-auth sync';
  const replace = holds === 'unadoptable' ? ' --replace' : '';
  if (view === undefined && canChoose && (holds === 'nothing' || holds === 'unadoptable')) {
    return `codex-auth switch${replace}`;
  }
  const selector = view?.id ?? '<account>';
  if (view === undefined && holds !== 'set-aside') return again;
  const { expiresAt } = account?.tokens ?? {};
  const check = `codex-auth check${isNamed ? ` ${selector}` : ''}`;
  // For an account that was named it does not matter which account is in use.
  if (isNamed || holds === 'account') return expiresAt !== undefined && expiresAt <= now ? check : undefined;
  return `codex-auth switch ${selector}${replace}`;
}

function renderStatus(result: StatusResult, theme: Theme): string {
  const { scope, authFile, files, sessions, proxies, daemonPid, next } = result;
  const { symbols } = theme;
  const dot = ` ${symbols.separator} `;
  return renderFacts(
    [
      ['In use', inUse(result, theme)],
      ...(result.account === undefined
        ? ([['Token', tokenText(authFile.accessTokenExpiresAt, theme.now)]] as const)
        : accountFacts(result.account, theme)),
      ['Recovery', result.recovery && recoveryText(result.recovery, theme.now)],
      [
        'Chosen',
        result.chosen && `${titleOf(result.chosen)} was chosen here last: codex-auth switch ${result.chosen.index}`,
      ],
      ['Next', next],
      ['Home', scope.sharesHome && `made by run; shares all but the login with ${scope.sharesHome}`],
      ['Bound', result.binding && bindingText(result.binding)],
      ['Scope', scopeText(scope)],
      ['Pool', files.pool],
      authFile.store === 'file' ? ['Login file', authFile.path] : ['Login', storeTexts[authFile.store]],
      ['Settings', files.settings],
      [
        'Sessions',
        [`${sessions.last5Hours} in 5h`, `${sessions.last7Days} in 7d`, `${sessions.total} in all`].join(dot),
      ],
      ['Proxy', proxiesText(proxies, dot)],
      ['Server', daemonPid && `pid ${daemonPid}, keeps the account it was started with`],
    ],
    theme,
  );
}

function accountFacts(account: StatusAccount, theme: Theme): [string, string | undefined][] {
  const { color, symbols, now } = theme;
  const dot = ` ${symbols.separator} `;
  const { lastUsedAt } = account;
  return [
    ['Account', color.bold(nameOf(account))],
    ['Workspace', printable([account.workspace, account.plan].filter(Boolean).join(dot))],
    ['State', `${account.state.replaceAll('-', ' ')}, health ${account.health.score} (${account.health.state})`],
    ['Quota', quotaText(account, theme)],
    ['Order', orderText(account)],
    ['Token', lifeText(account, now) ?? tokenText(account.accessTokenExpiresAt, now)],
    ['Last used', lastUsedAt === undefined ? undefined : formatWhen(Date.parse(lastUsedAt), now)],
    ['Ids', `${account.id}${dot}account ${printable(account.accountId ?? 'unknown')}`],
    ['Lives in', unstoredText(account, account.index) ?? `${describePlace(account.place)}, as number ${account.index}`],
  ];
}

function scopeText({ kind, key, root, place }: StatusResult['scope']): string {
  if (kind === 'global') return place.kind === 'global' ? 'global' : `global, using the ${whoseAccounts(place)}`;
  const name = `project ${root ?? key ?? ''}`;
  return place.key === key ? name : `${name}, using the ${whoseAccounts(place)}`;
}

function quotaText({ quota, state }: StatusAccount, theme: Theme): string {
  if (quota === undefined && state === 'refused')
    return 'not read, because the provider refuses the account: codex-auth forecast --explain';
  if (quota === undefined) return 'not read yet: codex-auth usage';
  return `${leftPhrase(quota, theme)} ${theme.symbols.separator} ${quotaAge(quota, theme)}`;
}

function orderText({ priority, reservePercent }: StatusAccount): string {
  const order = priority && { first: 'used before the others', last: 'kept for last' }[priority];
  return [order, reservePercent && `left alone from ${reservePercent}% on`].filter(Boolean).join(', ');
}

const storeTexts = {
  keyring: 'in the keyring of this system',
  memory: 'in the memory of the official client',
  unknown: 'in a place that its damaged configuration does not tell',
} as const;

function inUse({ authFile, account }: StatusResult, { color }: Theme): string {
  switch (authFile.holds) {
    case 'account':
      if (account?.active === false) return 'no, the official client has the login of another account';
      return color.green('yes, the official client has this login');
    case 'set-aside':
      return color.yellow(`${printable(authFile.detail ?? 'an account')}, which is set aside`);
    case 'unknown-login':
      return color.yellow(`${printable(authFile.detail ?? 'an account')}, which was removed here`);
    case 'unadoptable':
      return color.yellow(
        `no, ${authFile.store === 'file' ? 'auth.json' : 'the keyring'} holds ${authFile.detail ?? 'something else'}`,
      );
    case 'unknown':
      return color.yellow('unknown, because the login of the official client cannot be read');
    case 'nothing':
      return color.yellow('no, the official client is signed out');
  }
}

function tokenText(expiry: string | undefined, now: number): string | undefined {
  if (expiry === undefined) return undefined;
  const expiresAt = Date.parse(expiry);
  return `${expiresAt <= now ? 'expired' : 'valid until'} ${formatWhen(expiresAt, now)}`;
}

function recoveryText({ kind, at }: NonNullable<StatusResult['recovery']>, now: number): string {
  const what =
    kind === 'reloaded' ? 'newer tokens were taken from the official client or the pool' : 'the tokens were refreshed';
  return `${what} ${formatWhen(Date.parse(at), now)}`;
}

export const statusCommand: Command<StatusOptions, StatusResult> = {
  name: 'status',
  schema: StatusResult,
  run: status,
  render: renderStatus,
  exitCode: ({ authFile }) => (authFile.holds === 'account' ? 0 : 1),
};
