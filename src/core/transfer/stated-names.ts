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

/** What a file says about a login in another file beside it, of which it is a register. */
export interface StatedName extends Identity {
  /** The names by which its tool refers to the login. Its file may have one of them. */
  readonly ownNames: readonly string[];
  readonly label?: string;
  readonly isDisabled: boolean;
  readonly isActive: boolean;
  /** Its position among all entries of the register. */
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

/** Whether the entry says whose login is meant. An email alone counts only in a list of accounts. */
export function isNamed({ accountId, userId, email }: StatedName, { path }: Surroundings): boolean {
  const isListed = path.some((step) => ['accounts', 'profiles'].includes(plainName(String(step))));
  return accountId !== undefined || userId !== undefined || (email !== undefined && isListed);
}

/** A login with what a register beside its file says about it; what the file itself says comes first. */
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

/** Whether the file has a name of the entry, or that name in base64url, for names that no file can have. */
function isFileOf({ ownNames }: StatedName, file: string): boolean {
  const stem = basename(file).replace(/(?:\.auth)?\.json$/i, '');
  return ownNames.some((name) => stem === name || stem === Buffer.from(name).toString('base64url'));
}

/** Whether both ids agree; without ids in the entry, whether it alone has the email of the account. */
function isSame(entry: StatedName, account: Identity, register: readonly StatedName[]): boolean {
  if (entry.accountId !== undefined && entry.userId !== undefined) {
    return entry.accountId === account.accountId && entry.userId === account.userId;
  }
  const { email } = account;
  if (email === undefined) return false;
  const same = register.filter((each) => normalizeEmailKey(each.email ?? '') === normalizeEmailKey(email));
  return same.length === 1 && same[0] === entry;
}
