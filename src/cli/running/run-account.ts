import { type Account, describeAccount, isSetAside } from '../../core/accounts/account.js';
import { bindingAt } from '../../core/bindings/bound-place.js';
import { readBindings } from '../../core/bindings/registry.js';
import { AppError } from '../../core/errors.js';
import { accountsElsewhere, type Roster } from '../../core/roster/roster.js';
import { indexElsewhere, type Located, locateAnywhere, requireAccounts } from '../../core/session/selection.js';
import type { Context } from '../program/context.js';
import { formatWhen } from '../render/time.js';
import { usableEnd, warnAboutEnd } from '../switching/set-aside.js';
import { clearCommand } from '../views/binding-view.js';

/** As whom something is to run. */
export interface RunAccount extends Located {
  /** One line for a person who did not name the account. */
  readonly announcement?: string;
}

export interface AccountWish {
  readonly selector?: string;
  readonly best?: boolean;
  readonly here?: boolean;
  readonly model?: string;
}

/** The account to run as. Undefined means the one in use: with `--here` where nothing is bound. */
export async function chooseRunAccount(
  context: Context,
  roster: Roster,
  wish: AccountWish,
): Promise<RunAccount | undefined> {
  const ways = [wish.selector !== undefined && 'an account', wish.best && '--best', wish.here && '--here'].filter(
    Boolean,
  );
  if (ways.length > 1) {
    throw new AppError('usage', `${ways.join(' and ')} exclude each other`, { hint: 'use one of them' });
  }
  if (wish.best === true) return chooseBest(context, roster, wish);
  const chosen =
    wish.here === true
      ? boundHere(context, roster)
      : locateAnywhere(context, roster, wish.selector ?? (await askWhich(context, roster)));
  if (chosen === undefined) return undefined;
  const { account } = chosen;
  if (!account.enabled) {
    throw new AppError('usage', `${describeAccount(account)} is disabled`, { hint: `codex-auth enable ${account.id}` });
  }
  warnOfEnd(context, roster, account);
  return chosen;
}

/** The account that the directory is bound to; never another one in its place. */
function boundHere(context: Context, roster: Roster): RunAccount | undefined {
  const binding = bindingAt(readBindings(context.root), context.machine.cwd);
  if (binding === undefined) return undefined;
  const { accountId, directory } = binding;
  const located = locatedById(roster, accountId);
  if (located === undefined) {
    throw new AppError('no-such-account', `${directory} is bound to ${accountId}, which is not here any more`, {
      hint: `${clearCommand(directory)}, or bind it to another: codex-auth switch <selector> --here`,
    });
  }
  return {
    ...located,
    announcement: `running as ${describeAccount(located.account)}, because ${directory} is bound to it`,
  };
}

/** The account with this id in any pool, also set aside. */
function locatedById(roster: Roster, id: string): Located | undefined {
  const { accounts, records } = roster;
  const position = accounts.findIndex((each) => each.id === id);
  const here = accounts[position];
  if (here !== undefined) return { account: here, scopeKey: records.key, index: position + 1 };
  const elsewhere = accountsElsewhere(roster).find(({ account }) => account.id === id);
  if (elsewhere !== undefined) {
    const { account, scopeKey } = elsewhere;
    return { account, scopeKey, index: indexElsewhere(roster, id) };
  }
  return [records, ...roster.others].flatMap(({ key: scopeKey, flagged }) => {
    const at = flagged.accounts.findIndex((each) => each.id === id);
    const account = flagged.accounts[at];
    return account === undefined ? [] : [{ account, scopeKey, index: at + 1 }];
  })[0];
}

async function askWhich(context: Context, roster: Roster): Promise<string> {
  const { pickAccount } = await import('../choosing/pick-account.js');
  return pickAccount(context, roster, {
    question: 'Run as which account?',
    unasked: 'run needs to know as which account',
    hint: 'codex-auth run <index or email> -- <command>, or codex-auth run --best -- <command>',
  });
}

async function chooseBest(context: Context, roster: Roster, { model }: AccountWish): Promise<RunAccount> {
  requireAccounts(roster);
  const { probeAndDecide } = await import('../../core/session/probe-and-decide.js');
  const { probed, decision } = await probeAndDecide(context, roster, {}, { model });
  const chosen = probed.roster.accounts.find(({ id }) => id === decision.recommendation?.id);
  if (chosen === undefined) {
    throw new AppError('not-allowed', 'no account is ready', { hint: 'codex-auth forecast --explain' });
  }
  const position = probed.roster.accounts.indexOf(chosen);
  return {
    account: chosen,
    scopeKey: roster.records.key,
    index: position < 0 ? indexElsewhere(probed.roster, chosen.id) : position + 1,
    announcement: `running as ${describeAccount(chosen)}`,
  };
}

/** Warns about a login that nobody can refresh: it can be used as long as its access token lives. */
function warnOfEnd(context: Context, roster: Roster, account: Account): void {
  if (isSetAside(account)) {
    warnAboutEnd(context, account, usableEnd(context, roster, account));
    return;
  }
  const { refreshToken, expiresAt } = account.tokens;
  const now = context.clock.now();
  if (refreshToken !== undefined || expiresAt === undefined || expiresAt <= now) return;
  context.warn(`${describeAccount(account)} cannot be renewed here and runs until ${formatWhen(expiresAt, now)}`);
}
