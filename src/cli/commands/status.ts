import * as z from 'zod/mini';
import type { Account } from '../../core/accounts/account.js';
import type { Roster } from '../../core/accounts/roster.js';
import { unadoptableReasons } from '../../core/codex/auth-file.js';
import { runningDaemon } from '../../core/codex/home.js';
import { countSessions, SessionCounts } from '../../core/codex/sessions.js';
import { definedOnly } from '../../core/defined-only.js';
import { chooseProxy } from '../../core/http/proxy.js';
import { printable } from '../../core/printable.js';
import { readScope } from '../../core/storage/scope-files.js';
import { accountRef, accountRefShape } from '../account-ref.js';
import {
  AccountView,
  accountView,
  describePlace,
  PlaceView,
  placeView,
  ScopeView,
  scopeView,
  shownEmail,
} from '../account-view.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { openProvider } from '../provider-access.js';
import { nameOf, titleOf } from '../render/account-table.js';
import { renderFacts } from '../render/facts.js';
import { quotaAge, windowsLeft } from '../render/quota.js';
import type { Theme } from '../render/theme.js';
import { formatWhen, toIso } from '../render/time.js';
import { decideRoster } from '../roster-view.js';
import { openRoster, requireAccounts } from '../selection.js';

const StatusResult = z.object({
  scope: ScopeView,
  /** What auth.json holds: an account of ours, a login of nobody we know, something else, or nothing. */
  authFile: z.object({
    path: z.string(),
    holds: z.enum(['account', 'unknown-login', 'unadoptable', 'nothing']),
    detail: z.exactOptional(z.string()),
  }),
  /** The account in use; else this scope's last choice. */
  account: z.exactOptional(z.object({ ...AccountView.shape, place: PlaceView })),
  /** What the last call as this account had to do to be let in. */
  recovery: z.exactOptional(z.object({ kind: z.enum(['reloaded', 'refreshed']), at: z.iso.datetime() })),
  /** This scope's last choice, when another account is in use. */
  chosen: z.exactOptional(z.object(accountRefShape)),
  /** The next command, where something is to be done. */
  next: z.exactOptional(z.string()),
  files: z.object({ root: z.string(), pool: z.string(), settings: z.string(), accountState: z.string() }),
  sessions: SessionCounts,
  /** How requests leave this machine; absent when directly. Without credentials. */
  proxy: z.exactOptional(z.object({ url: z.string(), source: z.string() })),
  /** The official client's background server, which keeps the account it was started with. */
  daemonPid: z.exactOptional(z.number()),
});
type StatusResult = z.infer<typeof StatusResult>;
type StatusAccount = NonNullable<StatusResult['account']>;

async function status(context: Context): Promise<StatusResult> {
  const roster = openRoster(context, context.readingScope());
  if (roster.active === undefined) requireAccounts(roster);
  const { root, home, options, clock } = context;
  const chosen = roster.accounts.find(({ id }) => id === roster.records.pool.activeId);
  const shown = roster.active ?? (chosen && { account: chosen });
  const authFile = authFileView(context, roster);
  const account = shown && viewOf(context, roster, shown.account, shown.scopeKey);
  const isOther = chosen !== undefined && chosen.id !== account?.id;
  return definedOnly({
    scope: scopeView(roster),
    authFile,
    account,
    recovery: shown && recoveryOf(roster, shown.account.id),
    chosen: isOther ? accountRef(chosen, roster.accounts.indexOf(chosen) + 1, options.mask === true) : undefined,
    next: nextStep(authFile.holds, account, shown?.account, clock.now()),
    files: {
      root: root.paths.root,
      pool: roster.readFrom,
      settings: options.config ?? root.paths.settings,
      accountState: root.paths.accountState,
    },
    sessions: countSessions(home.directory, clock.now()),
    proxy: proxyView(context),
    daemonPid: runningDaemon(home, root.processes),
  });
}

/** `scopeKey` is that of another pool, when the account lives in one. */
function viewOf(
  context: Context,
  roster: Roster,
  account: Account,
  scopeKey: string | undefined,
): StatusAccount | undefined {
  const now = context.clock.now();
  const isHere = roster.accounts.some(({ id }) => id === account.id);
  const shown = isHere ? roster : { ...roster, accounts: [...roster.accounts, account] };
  const decided = decideRoster(shown, { now }).decided.find((each) => each.account.id === account.id);
  if (decided === undefined) return undefined;
  const view = accountView(account, decided.decision, shown, { now, mask: context.options.mask === true });
  if (isHere) return { ...view, place: placeView(roster.records.key) };
  const { accounts } = readScope(context.root.paths, scopeKey).pool;
  return { ...view, index: accounts.findIndex(({ id }) => id === account.id) + 1, place: placeView(scopeKey) };
}

function recoveryOf({ state }: Roster, id: string): StatusResult['recovery'] {
  const recovery = state.accounts[id]?.recovery;
  return recovery && { kind: recovery.kind, at: toIso(recovery.at) };
}

function authFileView(context: Context, { authFile, active }: Roster): StatusResult['authFile'] {
  const { content } = authFile;
  const path = context.home.authFile;
  if (content === undefined) return { path, holds: 'nothing' };
  if (content.kind === 'unadoptable') {
    return { path, holds: 'unadoptable', detail: unadoptableReasons[content.reason] };
  }
  if (active !== undefined) return { path, holds: 'account' };
  const email = shownEmail(content.login.identity.email, context.options.mask === true);
  return definedOnly({ path, holds: 'unknown-login' as const, detail: email });
}

function nextStep(
  holds: StatusResult['authFile']['holds'],
  view: StatusAccount | undefined,
  account: Account | undefined,
  now: number,
): string | undefined {
  const again = view?.email === undefined ? 'codex-auth login' : `codex-auth login --expect ${view.email}`;
  if (view?.state === 'sign-in-needed') return again;
  const selector = view?.id ?? '<account>';
  if (holds === 'nothing' || holds === 'unknown-login') return `codex-auth switch ${selector}`;
  if (holds === 'unadoptable') return `codex-auth switch ${selector} --replace`;
  const { expiresAt } = account?.tokens ?? {};
  return expiresAt !== undefined && expiresAt <= now ? 'codex-auth check' : undefined;
}

function proxyView({ environment, machine, options }: Context): StatusResult['proxy'] {
  const { backendUrl } = openProvider(environment, machine, options).provider;
  const given = options.proxy === undefined ? {} : { option: options.proxy };
  const choice = chooseProxy(backendUrl, { ...given, environment: environment.raw });
  if (choice.kind === 'direct') return undefined;
  return { url: choice.display, source: choice.source === 'option' ? '--proxy' : choice.source };
}

function renderStatus(result: StatusResult, theme: Theme): string {
  const { scope, authFile, files, sessions, proxy, daemonPid, next } = result;
  const { symbols } = theme;
  const dot = ` ${symbols.separator} `;
  return renderFacts(
    [
      ['In use', inUse(result, theme)],
      ...(result.account === undefined ? [] : accountFacts(result.account, theme)),
      ['Recovery', result.recovery && recoveryText(result.recovery, theme.now)],
      [
        'Chosen',
        result.chosen && `${titleOf(result.chosen)} was chosen here last: codex-auth switch ${result.chosen.index}`,
      ],
      ['Next', next],
      ['Scope', scope.kind === 'project' ? `project ${scope.root ?? scope.key ?? ''}` : 'global'],
      ['Pool', files.pool],
      ['Login file', authFile.path],
      ['Settings', files.settings],
      [
        'Sessions',
        [`${sessions.last5Hours} in 5h`, `${sessions.last7Days} in 7d`, `${sessions.total} in all`].join(dot),
      ],
      ['Proxy', proxy && `${proxy.url} (${proxy.source})`],
      ['Server', daemonPid && `pid ${daemonPid}, keeps the account it was started with`],
    ],
    theme,
  );
}

function accountFacts(account: StatusAccount, theme: Theme): [string, string | undefined][] {
  const { color, symbols, now } = theme;
  const dot = ` ${symbols.separator} `;
  const at = (iso: string | undefined) => (iso === undefined ? undefined : Date.parse(iso));
  const lastUsed = at(account.lastUsedAt);
  return [
    ['Account', color.bold(nameOf(account))],
    ['Workspace', printable([account.workspace, account.plan].filter(Boolean).join(dot))],
    ['State', `${account.state.replaceAll('-', ' ')}, health ${account.health.score} (${account.health.state})`],
    ['Quota', quotaText(account, theme)],
    ['Token', tokenText(at(account.accessTokenExpiresAt), now)],
    ['Last used', lastUsed === undefined ? undefined : formatWhen(lastUsed, now)],
    ['Ids', `${account.id}${dot}account ${printable(account.accountId ?? 'unknown')}`],
    ['Lives in', `${describePlace(account.place)}, as number ${account.index}`],
  ];
}

function quotaText({ quota }: StatusAccount, theme: Theme): string {
  if (quota === undefined) return 'not read yet: codex-auth usage';
  const left = quota.windows.length === 0 ? 'unknown' : `${windowsLeft(quota, theme)} left`;
  return `${left} ${theme.symbols.separator} ${quotaAge(quota, theme)}`;
}

function inUse({ authFile }: StatusResult, { color }: Theme): string {
  switch (authFile.holds) {
    case 'account':
      return color.green('yes, the official client has this login');
    case 'unknown-login':
      return color.yellow(`no, the official client is signed in as ${printable(authFile.detail ?? 'somebody else')}`);
    case 'unadoptable':
      return color.yellow(`no, auth.json holds ${authFile.detail ?? 'something else'}`);
    case 'nothing':
      return color.yellow('no, the official client is signed out');
  }
}

function tokenText(expiresAt: number | undefined, now: number): string | undefined {
  if (expiresAt === undefined) return undefined;
  return `${expiresAt <= now ? 'expired' : 'valid until'} ${formatWhen(expiresAt, now)}`;
}

function recoveryText({ kind, at }: NonNullable<StatusResult['recovery']>, now: number): string {
  const what = kind === 'reloaded' ? 'newer tokens were taken from auth.json or the pool' : 'the tokens were refreshed';
  return `${what} ${formatWhen(Date.parse(at), now)}`;
}

export const statusCommand: Command<object, StatusResult> = {
  name: 'status',
  schema: StatusResult,
  run: status,
  render: renderStatus,
  exitCode: ({ authFile }) => (authFile.holds === 'account' ? 0 : 1),
};
