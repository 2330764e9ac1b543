import * as z from 'zod/mini';
import { type Account, describeAccount } from '../../core/accounts/account.js';
import { definedOnly } from '../../core/defined-only.js';
import { AppError } from '../../core/errors.js';
import { toIso } from '../../core/instant.js';
import { describeOutcome, outcomeError } from '../../core/logins/describe-outcome.js';
import { canWait } from '../../core/logins/refresh-outcome.js';
import type { Roster } from '../../core/roster/roster.js';
import { askedAccounts } from '../../core/session/asked-accounts.js';
import { createRefresher } from '../../core/session/backend-access.js';
import { openRoster } from '../../core/session/selection.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { formatWhen } from '../render/time.js';
import { askConsent } from '../terminal/ask-consent.js';
import { AccountRef, accountRef } from '../views/account-ref.js';

const TokenResult = z.object({
  account: AccountRef,
  /** The only place where this program prints a token; never a refresh token. */
  accessToken: z.string(),
  /** Absent where the token does not say. */
  expiresAt: z.exactOptional(z.iso.datetime()),
});
type TokenResult = z.infer<typeof TokenResult>;

export interface TokenOptions {
  readonly selector: string;
  readonly yes?: boolean;
}

/** An access token that is good now, for a program that has no login of its own. */
async function printToken(context: Context, { selector, yes }: TokenOptions): Promise<TokenResult> {
  const roster = openRoster(context, context.writingScope());
  const [asked] = askedAccounts(context, roster, selector);
  if (asked === undefined) throw new AppError('no-such-account', `there is no account "${selector}"`);
  // A terminal keeps what it shows, and others may look at it.
  if (context.io.style.isTerminal && yes !== true) {
    await askConsent(context, {
      question: `Show an access token of ${describeAccount(asked.account)} on this terminal?`,
      otherwise: 'no token was shown',
      would: 'the token would be shown on this terminal',
      hint: 'add --yes to show it, or hand the output to the program that needs it',
    });
  }
  const account = await withGoodToken(context, roster, asked.account);
  const { accessToken, expiresAt } = account.tokens;
  if (accessToken === undefined) throw outcomeError({ kind: 'no-refresh-token', account });
  return {
    account: accountRef(account, asked.index, context.options.mask === true),
    accessToken: accessToken.reveal(),
    ...definedOnly({ expiresAt: toIso(expiresAt) }),
  };
}

/**
 * The account with a token that lives as long as those that the official client gets, and is refreshed where nobody
 * else does that.
 */
async function withGoodToken(context: Context, roster: Roster, account: Account): Promise<Account> {
  const { refreshAheadMs, tokenRefreshSkewMs } = context.settings();
  const refresh = await createRefresher(context, roster, Math.max(refreshAheadMs, tokenRefreshSkewMs));
  const outcome = await refresh(account, 'due');
  if (outcome.kind === 'usable') return outcome.account;
  if (!canWait(outcome, context.clock.now())) throw outcomeError(outcome);
  const { expiresAt } = outcome.account.tokens;
  if (expiresAt !== undefined) {
    const why = describeOutcome(outcome).message;
    context.warn(`this token ends ${formatWhen(expiresAt, context.clock.now())}: ${why}`);
  }
  return outcome.account;
}

export const tokenCommand: Command<TokenOptions, TokenResult> = {
  name: 'token',
  schema: TokenResult,
  run: printToken,
  render: ({ accessToken }) => `${accessToken}\n`,
  printsCode: true,
};
