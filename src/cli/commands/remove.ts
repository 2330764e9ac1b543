import * as z from 'zod/mini';
import { type Account, describeAccount } from '../../core/accounts/account.js';
import { withoutAccount, withTombstone } from '../../core/accounts/pool.js';
import { unbindAccount } from '../../core/changes/steps-between.js';
import { flockHelpers } from '../../core/codex/credential-lock.js';
import { withPersonLock } from '../../core/logins/person-lock.js';
import { takeForSiblings } from '../../core/logins/take-from-homes.js';
import { withStore } from '../../core/logins/with-store.js';
import { writeBack } from '../../core/logins/write-back.js';
import { keepRecord } from '../../core/pools/kept-record.js';
import type { Store } from '../../core/pools/store.js';
import { privateHomesOfAccount, refuseWhileRunning, removePrivateHome } from '../../core/running/removal.js';
import { noteChange, removedMeanwhile } from '../../core/session/change-account.js';
import { PlaceView, placeView } from '../../core/session/places.js';
import { revokeLogin } from '../../core/session/revocation.js';
import { locateAccount, openRoster } from '../../core/session/selection.js';
import { takeInFirst } from '../../core/session/take-in.js';
import { removedAccountStem } from '../../core/storage/kept.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { askConsent } from '../terminal/ask-consent.js';
import { accountRef, accountRefShape } from '../views/account-ref.js';

const RemoveResult = z.object({
  /** `index` is the position it had. */
  ...accountRefShape,
  scope: PlaceView,
  /** A pool file with just this account: import it to undo the removal. */
  keptFile: z.string(),
  /** The directories that were bound to it, where plain `codex` runs as the account in use now. */
  unbound: z.array(z.string()),
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
  const { account, scopeKey, index } = locateAccount(context, roster, options.selector);
  const stillInUse = roster.active?.account.id === account.id;
  const revoked = options.revoke === true;
  const runHomes = privateHomesOfAccount(context.root, account);
  refuseWhileRunning(runHomes, account);
  if (options.yes !== true) await confirmRemoval(context, account, stillInUse, revoked);
  await takeInFirst(context, account, scopeKey);
  const { root, home, warn, signal } = context;
  const { keptFile, unbound } = await context.uninterrupted(() =>
    withPersonLock(root, account, { signal }, async () => {
      if (revoked) await revokeLogin(context, account.id);
      return withStore(root, revoked ? {} : { signal }, async (store) => {
        for (const directory of runHomes) await removePrivateHome(store, directory, flockHelpers);
        // Puts newer tokens into a client's home that keeps the login, lest that holds one that a killed run has spent.
        if (!revoked) await writeBack(store, { home, flockHelpers, warn });
        takeForSiblings(store, home, account.id);
        const before = store.scopes();
        const unbound = unbindAccount(store, account.id);
        const keptFile = takeOut(store, account.id, scopeKey);
        // A login that was revoked is not noted for `undo`: it cannot be used again.
        if (!revoked) noteChange(context, store, 'remove', before, (steps) => [...steps, ...unbound]);
        return { keptFile, unbound: unbound.flatMap((step) => (step.kind === 'binding' ? step.directory : [])) };
      });
    }),
  );
  const ref = accountRef(account, index, context.options.mask === true);
  return { ...ref, scope: placeView(scopeKey), keptFile, unbound, stillInUse, revoked };
}

async function confirmRemoval(context: Context, account: Account, stillInUse: boolean, revokes: boolean) {
  const name = describeAccount(account);
  const use = stillInUse && !revokes ? ' The official client is using it and keeps it.' : '';
  const end = revokes
    ? ' The login is ended at the provider, for every copy of it, also that of the official client.'
    : '';
  const question = `Remove ${name}?${use}${end}`;
  await askConsent(context, { question, otherwise: 'nothing was removed', would: `remove would forget ${name}` });
}

function takeOut(store: Store, id: string, scopeKey: string | undefined): string {
  const { pool } = store.scope(scopeKey);
  const account = pool.accounts.find((each) => each.id === id);
  if (account === undefined) throw removedMeanwhile();
  const keptFile = keepRecord(store.root, removedAccountStem, account);
  store.savePool(scopeKey, withTombstone(withoutAccount(pool, id), account, store.root.clock.now()));
  store.changeState((state) => {
    const { [id]: _, ...accounts } = state.accounts;
    return { ...state, accounts };
  });
  return keptFile;
}

function renderRemove(result: RemoveResult, { color, symbols }: Theme): string {
  const lines = [`${color.green(symbols.ok)} Removed ${titleOf(result)}; a copy is kept in ${result.keptFile}`];
  for (const directory of result.unbound)
    lines.push(`  ${directory} was bound to it; plain codex runs there as the account in use now.`);
  if (result.revoked) {
    lines.push('  The login is ended at the provider: no copy of it works any more.');
    if (result.stillInUse) lines.push('  The official client still holds it and has to use another: codex-auth switch');
  } else {
    if (result.stillInUse) lines.push('  The official client keeps this login and goes on using it.');
    lines.push('  The login lives on at the provider; to end it as well, sign in again and use remove --revoke.');
  }
  return `${lines.join('\n')}\n`;
}

export const removeCommand: Command<RemoveOptions, RemoveResult> = {
  name: 'remove',
  schema: RemoveResult,
  run: remove,
  render: renderRemove,
};
