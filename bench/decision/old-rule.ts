import type { AccountFacts } from '../../src/core/decision/facts.js';
import { isCurrent, lengthOf, type QuotaWindow } from '../../src/core/quota/window.js';
import { mayBeTried, type Question, type Rule } from './rule.js';

const hourMs = 3_600_000;
const daySeconds = 86_400;

/**
 * The product's first rule as it was, for healthy accounts with windows: headroom of the short window first, then the
 * quota that would lapse soonest, then the account in use, then the first. Frozen here, because the rule of today is
 * measured against it.
 */
export function oldRule(): Rule {
  return { choose: (question) => ranked(question)[0]?.account.id };
}

function ranked(question: Question) {
  const { facts, now } = question;
  return facts
    .filter((account) => mayBeTried(account, now))
    .map((account) => ({ account, score: scoreOf(account, question) }))
    .sort(
      (a, b) =>
        b.score - a.score || Number(b.account.active) - Number(a.account.active) || a.account.index - b.account.index,
    );
}

function scoreOf({ id, quota }: AccountFacts, { now, sessionAccountId }: Question): number {
  const session = id === sessionAccountId ? 30 : 0;
  if (quota === undefined || quota.windows.length === 0) return session + 6;
  const longestSeconds = Math.max(...quota.windows.map(lengthOf));
  const current = quota.windows.filter((window) => isCurrent(window, quota.observedAt, now));
  const isShort = (window: QuotaWindow) => lengthOf(window) < longestSeconds || lengthOf(window) <= daySeconds;
  const isLow = current.some((window) => isShort(window) && window.remainingPercent < 10);
  const isUnknown = quota.windows.some((window) => isShort(window) && !current.includes(window));
  const headroom = isLow ? 0 : isUnknown ? 6 : 12;
  const longest = current.find((window) => lengthOf(window) === longestSeconds);
  const hours = longest?.resetsAt === undefined ? undefined : Math.max(1, (longest.resetsAt - now) / hourMs);
  const rate = longest === undefined || hours === undefined ? 0 : longest.remainingPercent / hours;
  return Math.round((session + headroom + (5 * rate) / (1 + rate)) * 1000) / 1000;
}
