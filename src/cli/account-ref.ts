import * as z from 'zod/mini';
import type { ShownAccount } from '../core/accounts/account.js';
import { definedOnly } from '../core/defined-only.js';
import { shownEmail } from './account-view.js';
import { type LoginLife, lifeOf, lifeShape } from './login-life.js';

/** How a result that is about something else names an account. */
export const accountRefShape = {
  id: z.string(),
  /** 1-based position in the list. */
  index: z.number(),
  email: z.exactOptional(z.string()),
  label: z.exactOptional(z.string()),
  workspace: z.exactOptional(z.string()),
  /** What tells it apart from another account that would be called the same. */
  distinction: z.exactOptional(z.string()),
  accountId: z.exactOptional(z.string()),
  ...lifeShape,
};

export interface AccountRef extends LoginLife {
  readonly id: string;
  readonly index: number;
  readonly email?: string;
  readonly label?: string;
  readonly workspace?: string;
  readonly distinction?: string;
  readonly accountId?: string;
}

export function accountRef(account: ShownAccount, index: number, mask: boolean): AccountRef {
  const { id, label, workspaceName: workspace, distinction, accountId } = account;
  return definedOnly({
    id,
    index,
    email: shownEmail(account.email, mask),
    label,
    workspace,
    distinction,
    accountId,
    ...lifeOf(account),
  });
}
