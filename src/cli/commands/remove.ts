import * as z from 'zod/mini';
import { type Account, describeAccount } from '../../core/accounts/account.js';
import { emptyPool, withAccount, withoutAccount, withTombstone } from '../../core/accounts/pool.js';
import type { Roster } from '../../core/accounts/roster.js';
import { AppError } from '../../core/errors.js';
import { keepAside } from '../../core/storage/kept.js';
import { withPersonLock } from '../../core/storage/person-lock.js';
import { encodePool } from '../../core/storage/pool-codec.js';
import { type Store, withStore } from '../../core/storage/store.js';
import { removedMeanwhile } from '../change-account.js';
import type { Command } from '../command.js';
import type { Context } from '../context.js';
import type { Theme } from '../render/theme.js';
import { locateAccount, openRoster, requireAccounts } from '../selection.js';

const RemoveResult = z.object({
  id: z.string(),
  account: z.string(),
  /** A pool file with just this account: import it to undo the removal. */
  keptFile: z.string(),
  /** Whether the official client still has this login. */
  stillInUse: z.boolean(),
  revoked: z.boolean(),
});
type RemoveResult = z.infer<typeof RemoveResult>;

interface RemoveOptions {
  readonly selector: string;
  readonly yes?: boolean;
  readonly revoke?: boolean;
}

async function remove(context: Context, options: RemoveOptions): Promise<RemoveResult> {
  const roster = openRoster(context, context.writingScope());
  requireAccounts(roster);
  const { account, scopeKey } = locateAccount(context, roster, options.selector);
  const stillInUse = roster.active?.account.id === account.id;
  if (options.yes !== true) await confirmRemoval(context, account, stillInUse, options.revoke === true);
  const { root, signal } = context;
  return withPersonLock(root, account, { signal }, async () => {
    if (options.revoke === true) await revoke(context, roster, account);
    const keptFile = await withStore(root, { signal }, (store) => takeOut(store, account.id, scopeKey));
    const revoked = options.revoke === true;
    return { id: account.id, account: describeAccount(account), keptFile, stillInUse, revoked };
  });
}

async function confirmRemoval(context: Context, account: Account, stillInUse: boolean, revokes: boolean) {
  const name = describeAccount(account);
  if (!context.io.isInteractive) {
    throw new AppError('confirmation-needed', `remove would forget ${name}`, { hint: 'add --yes' });
  }
  const use = stillInUse ? ' The official client is using it and keeps it.' : '';
  const end = revokes ? ' The login is ended at the provider, for every copy of it.' : '';
  const prompter = await context.prompter();
  if (await prompter.confirm(`Remove ${name}?${use}${end}`, false)) return;
  throw new AppError('interrupted', 'nothing was removed');
}

/** Two workspaces of one person can share a login; ending it for one would end it for the other. */
async function revoke(context: Context, roster: Roster, account: Account): Promise<void> {
  const { refreshToken } = account.tokens;
  if (refreshToken === undefined) throw new AppError('usage', 'there is no refresh token that could be revoked');
  const sharer = roster.accounts.find(
    (each) => each.id !== account.id && each.tokens.refreshToken?.equals(refreshToken) === true,
  );
  if (sharer !== undefined) {
    throw new AppError('usage', `${describeAccount(sharer)} shares this login and would lose it too`, {
      hint: 'remove it without --revoke',
    });
  }
  const { revokeToken } = await import('../../core/oauth/token-endpoint.js');
  const { provider, callOptions } = context.provider();
  const outcome = await revokeToken(await context.http(), provider, refreshToken, callOptions);
  if (outcome.kind === 'revoked') return;
  throw new AppError('provider-error', `the login could not be revoked: ${outcome.message}; nothing was removed`, {
    hint: 'try again, or remove it without --revoke',
  });
}

function takeOut(store: Store, id: string, scopeKey: string | undefined): string {
  const { pool } = store.scope(scopeKey);
  const account = pool.accounts.find((each) => each.id === id);
  if (account === undefined) throw removedMeanwhile();
  const copy = encodePool(withAccount(emptyPool, account));
  const keptFile = keepAside(store.root, 'removed-account', `${JSON.stringify(copy, null, 2)}\n`);
  store.savePool(scopeKey, withTombstone(withoutAccount(pool, id), account, store.root.clock.now()));
  store.changeState((state) => {
    const { [id]: _, ...accounts } = state.accounts;
    return { ...state, accounts };
  });
  return keptFile;
}

function renderRemove(result: RemoveResult, { color, symbols }: Theme): string {
  const lines = [`${color.green(symbols.ok)} Removed ${result.account}; a copy is kept in ${result.keptFile}`];
  if (result.stillInUse) lines.push('  auth.json is untouched: the official client still uses this login');
  lines.push(
    result.revoked
      ? '  the login is ended at the provider'
      : '  the login lives on at the provider; to end it as well, sign in again and use remove --revoke',
  );
  return `${lines.join('\n')}\n`;
}

export const removeCommand: Command<RemoveOptions, RemoveResult> = {
  name: 'remove',
  schema: RemoveResult,
  run: remove,
  render: renderRemove,
};
