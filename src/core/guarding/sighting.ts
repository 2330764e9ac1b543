import { type Account, describeAccount } from '../accounts/account.js';
import { readAuthFileForDisplay } from '../codex/auth-file-state.js';
import { factsOfAccount } from '../decision/facts.js';
import { standingOf } from '../decision/standing.js';
import { definedOnly } from '../defined-only.js';
import type { AccountSight, HomeSight, Sight } from '../events/news.js';
import { refusalText, standingRefusal } from '../health/access-refusal.js';
import { homeLogin } from '../lineage/beside-records.js';
import { reasonText } from '../logins/flag-reason.js';
import type { BindingQuota } from '../quota/binding-quota.js';
import { spendableCredits } from '../quota/reset-credits.js';
import type { QuotaSnapshot } from '../quota/usage.js';
import type { Everything } from './everything.js';

export interface SightRules {
  readonly now: number;
  readonly reservePercent: number;
}

/** How all accounts stand, and whose login each home has, without the accounts that the person has disabled. */
export function sightOf(everything: Everything, rules: SightRules): Sight {
  const accounts = everything.accounts
    .filter(({ enabled }) => enabled)
    .map((account, position) => accountSight(everything, account, position, rules));
  const setAside = everything.setAside.map((account) => ({
    ...whom(account),
    setAside: reasonText(account.flag.reason),
  }));
  return {
    at: rules.now,
    accounts: [...accounts, ...setAside],
    homes: homeSights(everything),
  };
}

function accountSight(
  { roster }: Everything,
  account: Account,
  position: number,
  { now, reservePercent }: SightRules,
): AccountSight {
  const facts = factsOfAccount(roster, account, position, now);
  const standing = standingOf(facts, { now, reservePercent });
  const refusal = standingRefusal(roster.state.accounts[account.id]?.refusal, account.tokens);
  const refused = refusal === undefined || refusal.isLasting === true ? undefined : refusalText(refusal.code);
  const ended = facts.signInNeeded && (facts.signInNeeded.reason ?? 'its login has ended, and cannot be renewed here');
  return definedOnly({
    ...whom(account),
    signInNeeded: ended ?? refused,
    exhausted: standing.state === 'exhausted' ? definedOnly({ availableAt: standing.availableAt }) : undefined,
    windows: standing.quota && knownWindows(standing.quota),
    credits: facts.quota && creditsOf(facts.quota, now),
  });
}

/** The windows; undefined where one of them is not known, because that could be the one that is empty. */
function knownWindows({ windows, lapsed, isIncomplete, isUnlimited }: BindingQuota): AccountSight['windows'] {
  if (isIncomplete || lapsed.length > 0 || (windows.length === 0 && !isUnlimited)) return undefined;
  return windows.map(({ id, limitName, remainingPercent, resetsAt }) =>
    definedOnly({ id, limitName, remainingPercent, resetsAt }),
  );
}

function creditsOf({ resetCredits }: QuotaSnapshot, now: number): AccountSight['credits'] {
  if (resetCredits === undefined) return undefined;
  const { count, expiresAt } = spendableCredits(resetCredits, now);
  return expiresAt === undefined ? undefined : { count, expiresAt };
}

function whom(account: Account): Pick<AccountSight, 'id' | 'name' | 'email' | 'label'> {
  const { id, email, label } = account;
  return definedOnly({ id, name: describeAccount(account), email, label });
}

function homeSights({ homes, accounts, setAside }: Everything): HomeSight[] {
  const records = [...accounts, ...setAside];
  return homes.map((home) => {
    const { content } = readAuthFileForDisplay(home);
    const accountId = content?.kind === 'login' ? homeLogin(content.login, records).accountId : undefined;
    return definedOnly({ home: home.directory, accountId });
  });
}
