import { type Account, describeAccount } from '../../core/accounts/account.js';
import { AppError } from '../../core/errors.js';
import type { BindingWindow } from '../../core/quota/binding-quota.js';
import { percentText, windowTitle } from '../../core/quota/window.js';
import type { Prospect } from '../../core/redeeming/prospect.js';
import { formatWhen } from '../render/time.js';

/** What is about to be asked of the provider. */
export type Plan = Extract<Prospect, { kind: 'ready' | 'repeat' }>;

/** The plan, where there is something to do. Throws `not-allowed` with the reason why nothing may be spent. */
export function refuse(prospect: Prospect, account: Account, now: number): Plan {
  const name = describeAccount(account);
  switch (prospect.kind) {
    case 'ready':
    case 'repeat':
      return prospect;
    case 'nothing-used-up': {
      const { request } = prospect;
      const open =
        request === undefined
          ? ''
          : `; the request of ${formatWhen(request.startedAt, now)}, has no answer, and its credit is still there: it is asked about when something is used up again`;
      throw new AppError('not-allowed', `${name} has no window that is used up, so no credit is spent${open}`, {
        hint: 'codex-auth usage --live',
      });
    }
    case 'no-credit':
      throw new AppError('not-allowed', `${name} has no reset credit to spend`, { hint: 'codex-auth forecast' });
    case 'none-applies':
      throw new AppError(
        'not-allowed',
        `${name} has ${prospect.count} reset credits, none of which the provider would take for what is used up now`,
        { hint: 'codex-auth forecast' },
      );
  }
}

/** What would be spent, until when it could be kept, and what it would change. A line each. */
export function planLines(plan: Plan, account: Account, now: number): string[] {
  const name = describeAccount(account);
  const windows = plan.windows.map((window) => `  would be full again: ${windowLine(window, now)}`);
  if (plan.kind === 'repeat') {
    const since = formatWhen(plan.request.startedAt, now);
    return [
      `${name}: the request of ${since}, has no answer. It is asked about by its id, which spends one credit in all`,
      ...windows,
    ];
  }
  const { credit, count } = plan;
  const title = credit?.title === undefined ? '' : ` (${credit.title})`;
  const expiry = credit?.expiresAt === undefined ? 'expiry unknown' : `expires ${formatWhen(credit.expiresAt, now)}`;
  return [`${name}: 1 of ${count} reset credit${count === 1 ? '' : 's'}${title}, ${expiry}`, ...windows];
}

function windowLine(window: BindingWindow, now: number): string {
  const { resetsAt, remainingPercent } = window;
  const byItself = resetsAt === undefined ? '' : `, resets by itself ${formatWhen(resetsAt, now)}`;
  return `${windowTitle(window)}, ${percentText(remainingPercent)} left${byItself}`;
}
