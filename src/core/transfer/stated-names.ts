import { basename } from 'node:path';
import type { Identity } from '../accounts/identity.js';
import { normalizeEmailKey } from '../accounts/identity.js';
import { definedOnly } from '../defined-only.js';
import type { FoundLogin } from './login-file.js';
import {
  accountIdIn,
  disabledIn,
  emailIn,
  labelIn,
  type Members,
  ownNamesIn,
  plainName,
  userIdIn,
} from './stated-members.js';
import { isChosen, labelOfKey, type Surroundings } from './surroundings.js';

/** What a file says about a login that is not in it: a register of the files beside it. */
export interface StatedName extends Identity {
  /** What its own tool calls it; a file may have that name. */
  readonly ownNames: readonly string[];
  readonly label?: string;
  readonly isDisabled: boolean;
  readonly isActive: boolean;
  /** Its place among all of them. */
  readonly order: number;
}

export function statedName(members: Members, around: Surroundings, order: number): StatedName {
  const ownNames = [...ownNamesIn(members), ...(around.key === undefined ? [] : [around.key])];
  return {
    ownNames,
    isDisabled: disabledIn(members) === true,
    isActive: isChosen(around, members),
    order,
    ...definedOnly({
      accountId: accountIdIn(members),
      userId: userIdIn(members),
      email: emailIn(members),
      label: labelIn(members) ?? labelOfKey(around),
    }),
  };
}

/** Whether it says whose login is meant; an address alone may stand in any file. */
export function isNamed({ accountId, userId, email }: StatedName, { path }: Surroundings): boolean {
  const isListed = path.some((step) => ['accounts', 'profiles'].includes(plainName(String(step))));
  return accountId !== undefined || userId !== undefined || (email !== undefined && isListed);
}

/** A login with what a register beside its file says about it; the file itself counts first. */
export function withRegister(login: FoundLogin, file: string, register: readonly StatedName[]): FoundLogin {
  const { account } = login;
  const entry =
    register.find((each) => isFileOf(each, file)) ?? register.find((each) => isSame(each, account, register));
  if (entry === undefined) return login;
  const label = account.label ?? entry.label;
  return {
    ...login,
    account: { ...account, enabled: account.enabled && !entry.isDisabled, ...definedOnly({ label }) },
    order: login.order ?? entry.order,
    ...(entry.isActive ? { isActive: true } : {}),
  };
}

/** Files are called by the name itself or, where it has characters that no file name can have, by its base64url. */
function isFileOf({ ownNames }: StatedName, file: string): boolean {
  const stem = basename(file).replace(/(?:\.auth)?\.json$/i, '');
  return ownNames.some((name) => stem === name || stem === Buffer.from(name).toString('base64url'));
}

/** Both ids, or an email that only one of them has. */
function isSame(entry: StatedName, account: Identity, register: readonly StatedName[]): boolean {
  if (entry.accountId !== undefined && entry.userId !== undefined) {
    return entry.accountId === account.accountId && entry.userId === account.userId;
  }
  const { email } = account;
  if (email === undefined) return false;
  const same = register.filter((each) => normalizeEmailKey(each.email ?? '') === normalizeEmailKey(email));
  return same.length === 1 && same[0] === entry;
}
