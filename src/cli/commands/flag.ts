import * as z from 'zod/mini';
import { isSetAside } from '../../core/accounts/account.js';
import { isSameAccount } from '../../core/accounts/identity.js';
import { definedOnly } from '../../core/defined-only.js';
import { reasonText } from '../../core/logins/flag-reason.js';
import { flagAccount } from '../../core/logins/flagging.js';
import { withStore } from '../../core/logins/with-store.js';
import type { Roster } from '../../core/roster/roster.js';
import { noteChange, removedMeanwhile } from '../../core/session/change-account.js';
import { PlaceView, placeView } from '../../core/session/places.js';
import { type Located, locateAnywhere, openRoster } from '../../core/session/selection.js';
import { takeInFirst } from '../../core/session/take-in.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { titleOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { recommendOther, warnIfFlaggedInUse } from '../switching/set-aside.js';
import { AccountRef, accountRef, accountRefShape } from '../views/account-ref.js';

const FlagResult = z.object({
  /** `index` is the position it had, among the accounts that are set aside when it was one of them already. */
  ...accountRefShape,
  scope: PlaceView,
  reason: z.string(),
  /** False when it was set aside before. */
  changed: z.boolean(),
  /** Whether the official client has this login now; flagging changes nothing about that. */
  inUse: z.boolean(),
  /** What to use instead, when it is in use. */
  recommendation: z.exactOptional(AccountRef),
});
type FlagResult = z.infer<typeof FlagResult>;

interface FlagOptions {
  readonly selector: string;
}

const byHand = 'manual';

async function flag(context: Context, { selector }: FlagOptions): Promise<FlagResult> {
  const roster = openRoster(context, context.writingScope());
  const located = locateAnywhere(context, roster, selector);
  const { account } = located;
  if (isSetAside(account)) return view(context, roster, located, { reason: account.flag.reason, changed: false });
  await takeInFirst(context, account, located.scopeKey);
  await withStore(context.root, { signal: context.signal }, (store) => {
    const before = store.scopes();
    if (!flagAccount(store, account.id, { reason: byHand })) throw removedMeanwhile();
    noteChange(context, store, 'flag', before);
  });
  warnIfFlaggedInUse(context, roster.scope);
  return view(context, roster, located, { reason: byHand, changed: true });
}

function view(
  context: Context,
  roster: Roster,
  { account, scopeKey, index }: Located,
  outcome: Pick<FlagResult, 'reason' | 'changed'>,
): FlagResult {
  const { content } = roster.authFile;
  const inUse = content?.kind === 'login' && isSameAccount(content.login.identity, account);
  return {
    ...accountRef(account, index, context.options.mask === true),
    scope: placeView(scopeKey),
    ...outcome,
    inUse,
    ...definedOnly({ recommendation: inUse ? recommendOther(context, roster.scope, account) : undefined }),
  };
}

function renderFlag(result: FlagResult, { color, symbols }: Theme): string {
  const name = titleOf(result);
  if (!result.changed) {
    return `${color.green(symbols.ok)} ${name} was set aside already: ${reasonText(result.reason)}\n`;
  }
  return `${color.green(symbols.ok)} ${name} is set aside; to bring it back: codex-auth verify-flagged\n`;
}

export const flagCommand: Command<FlagOptions, FlagResult> = {
  name: 'flag',
  schema: FlagResult,
  run: flag,
  render: renderFlag,
};
