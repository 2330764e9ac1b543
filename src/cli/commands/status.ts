import * as z from 'zod/mini';
import type { Account } from '../../core/accounts/account.js';
import { factsOf, type Roster } from '../../core/accounts/roster.js';
import { runningDaemon } from '../../core/codex/home.js';
import { unadoptableReasons } from '../../core/codex/sync-back.js';
import { decide } from '../../core/decision/decide.js';
import { definedOnly } from '../../core/defined-only.js';
import { AccountView, accountView, ScopeView, scopeView, shownEmail } from '../account-view.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import { nameOf } from '../render/account-table.js';
import { renderFacts } from '../render/facts.js';
import type { Theme } from '../render/theme.js';
import { formatWhen } from '../render/time.js';
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
  account: z.exactOptional(AccountView),
  /** This scope's last choice, when another account is in use. */
  chosenId: z.exactOptional(z.string()),
  files: z.object({ root: z.string(), pool: z.string(), settings: z.string(), accountState: z.string() }),
  /** The official client's background server, which keeps the account it was started with. */
  daemonPid: z.exactOptional(z.number()),
});
type StatusResult = z.infer<typeof StatusResult>;

async function status(context: Context): Promise<StatusResult> {
  const roster = openRoster(context, context.readingScope());
  requireAccounts(roster);
  const { pool } = roster.records;
  const shown = roster.active?.account ?? roster.accounts.find((account) => account.id === pool.activeId);
  const { paths, processes } = context.root;
  return definedOnly({
    scope: scopeView(roster),
    authFile: authFileView(context, roster),
    account: shown && viewOf(context, roster, shown),
    chosenId: pool.activeId === roster.active?.account.id ? undefined : pool.activeId,
    files: {
      root: paths.root,
      pool: roster.readFrom,
      settings: context.options.config ?? paths.settings,
      accountState: paths.accountState,
    },
    daemonPid: runningDaemon(context.home, processes),
  });
}

function viewOf(context: Context, roster: Roster, account: Account): AccountView | undefined {
  const now = context.clock.now();
  const isHere = roster.accounts.some((each) => each.id === account.id);
  const shown = isHere ? roster : { ...roster, accounts: [...roster.accounts, account] };
  const decision = decide(factsOf(shown, now), { now }).accounts.find(({ id }) => id === account.id);
  return decision && accountView(account, decision, shown, { now, mask: context.options.mask === true });
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

function renderStatus(result: StatusResult, theme: Theme): string {
  const { account } = result;
  const { color, symbols, now } = theme;
  const lines: [string, string | undefined][] = [['In use', inUse(result, theme)]];
  if (account !== undefined) {
    lines.push(
      ['Account', color.bold(nameOf(account))],
      ['Workspace', [account.workspace, account.plan].filter(Boolean).join(` ${symbols.separator} `) || undefined],
      ['State', `${account.state.replaceAll('-', ' ')}, health ${account.health.score} (${account.health.state})`],
      ['Token', account.accessTokenExpiresAt && tokenText(Date.parse(account.accessTokenExpiresAt), now)],
      ['Last used', account.lastUsedAt && formatWhen(Date.parse(account.lastUsedAt), now)],
      ['Ids', `${account.id} ${symbols.separator} account ${account.accountId ?? 'unknown'}`],
    );
  }
  lines.push(
    ['Scope', result.scope.kind === 'project' ? `project ${result.scope.root ?? ''}` : 'global'],
    ['Pool', result.files.pool],
    ['Login file', result.authFile.path],
    [
      'Server',
      result.daemonPid === undefined ? undefined : `pid ${result.daemonPid}, keeps the account it was started with`,
    ],
  );
  return renderFacts(lines, theme);
}

function inUse({ authFile, chosenId }: StatusResult, { color }: Theme): string {
  const chosen = chosenId === undefined ? '' : `; chosen here last: ${chosenId}`;
  switch (authFile.holds) {
    case 'account':
      return color.green('yes, the official client has this login') + chosen;
    case 'unknown-login':
      return color.yellow(`no, the official client is signed in as ${authFile.detail ?? 'somebody else'}`) + chosen;
    case 'unadoptable':
      return color.yellow(`no, auth.json holds ${authFile.detail ?? 'something else'}`) + chosen;
    case 'nothing':
      return color.yellow('no, the official client is signed out; codex-auth switch <account>');
  }
}

function tokenText(expiresAt: number, now: number): string {
  return expiresAt <= now ? `expired ${formatWhen(expiresAt, now)}` : `valid until ${formatWhen(expiresAt, now)}`;
}

export const statusCommand: Command<object, StatusResult> = {
  name: 'status',
  schema: StatusResult,
  run: status,
  render: renderStatus,
  exitCode: ({ authFile }) => (authFile.holds === 'account' ? 0 : 1),
};
