import type { Account, IndexedAccount, Priority, ShownAccount } from '../accounts/account.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { isNumber, isText } from '../json-values.js';
import { seemsToHoldForeignTokens } from '../lineage/foreign-tokens.js';

/*
 * Accounts as they stand in an index: a list for each member, with null where an account has none of it, instead of a
 * record for each account. Of ten thousand that is half as much text, and is read and looked at in two thirds of the
 * time.
 */

type Texts = readonly (string | null)[];
type Numbers = readonly (number | null)[];
type Flags = readonly boolean[];

/** All lists are of one length. What no account has is left out. */
export interface AccountColumns {
  readonly id: readonly string[];
  readonly userId?: Texts;
  readonly accountId?: Texts;
  readonly email?: Texts;
  readonly label?: Texts;
  readonly planType?: Texts;
  readonly workspaceName?: Texts;
  readonly distinction?: Texts;
  readonly enabled: Flags;
  readonly priority?: readonly (Priority | null)[];
  readonly reservePercent?: Numbers;
  readonly lastUsedAt?: Numbers;
  readonly hasRefreshToken: Flags;
  readonly hasAccessToken: Flags;
  readonly expiresAt?: Numbers;
  readonly lastRefresh?: Numbers;
  readonly isMixedUp: Flags;
}

type Member = keyof AccountColumns;

export function columnsOf(accounts: readonly ShownAccount[]): AccountColumns {
  const found = Object.entries(cellOf)
    .map(([member, cell]) => [member, accounts.map((account) => cell(account) ?? null)] as const)
    .filter(([member, cells]) => isNeeded(member) || cells.some((cell) => cell !== null));
  return Object.fromEntries(found) as unknown as AccountColumns;
}

const cellOf: Readonly<Record<Member, (account: ShownAccount) => unknown>> = {
  id: ({ id }) => id,
  userId: ({ userId }) => userId,
  accountId: ({ accountId }) => accountId,
  email: ({ email }) => email,
  label: ({ label }) => label,
  planType: ({ planType }) => planType,
  workspaceName: ({ workspaceName }) => workspaceName,
  distinction: ({ distinction }) => distinction,
  enabled: ({ enabled }) => enabled,
  priority: ({ priority }) => priority,
  reservePercent: ({ reservePercent }) => reservePercent,
  lastUsedAt: ({ lastUsedAt }) => lastUsedAt,
  hasRefreshToken: ({ tokens }) => tokens.refreshToken !== undefined,
  hasAccessToken: ({ tokens }) => tokens.accessToken !== undefined,
  expiresAt: ({ tokens }) => tokens.expiresAt,
  lastRefresh: ({ tokens }) => tokens.lastRefresh,
  isMixedUp,
};

/** Computed also for an account that is set aside, of which nothing asks it. */
function isMixedUp(account: Account | IndexedAccount): boolean {
  return 'isMixedUp' in account ? account.isMixedUp : seemsToHoldForeignTokens(account);
}

/** Undefined for anything but such lists. */
export function accountsIn(columns: unknown): readonly IndexedAccount[] | undefined {
  if (!isColumns(columns)) return undefined;
  const { id: ids, userId = [], accountId = [], email = [], label = [], planType = [], workspaceName = [] } = columns;
  const { distinction = [], enabled, priority = [], reservePercent = [], lastUsedAt = [], isMixedUp } = columns;
  const { hasRefreshToken, hasAccessToken, expiresAt = [], lastRefresh = [] } = columns;
  // Every member is named, undefined where the account has none: copying so many into an object makes it a slow one.
  return ids.map((id, row) => ({
    id,
    userId: userId[row] ?? undefined,
    accountId: accountId[row] ?? undefined,
    email: email[row] ?? undefined,
    label: label[row] ?? undefined,
    planType: planType[row] ?? undefined,
    workspaceName: workspaceName[row] ?? undefined,
    distinction: distinction[row] ?? undefined,
    enabled: enabled[row],
    priority: priority[row] ?? undefined,
    reservePercent: reservePercent[row] ?? undefined,
    lastUsedAt: lastUsedAt[row] ?? undefined,
    tokens: {
      refreshToken: hasRefreshToken[row] === true ? mark : undefined,
      accessToken: hasAccessToken[row] === true ? mark : undefined,
      expiresAt: expiresAt[row] ?? undefined,
      lastRefresh: lastRefresh[row] ?? undefined,
    },
    isMixedUp: isMixedUp[row],
  })) as readonly IndexedAccount[];
}

/** Stands for a token, which an index does not keep. */
const mark = {};

const isCell: Readonly<Record<Member, (cell: unknown) => boolean>> = {
  id: isText,
  userId: isTextOrNull,
  accountId: isTextOrNull,
  email: isTextOrNull,
  label: isTextOrNull,
  planType: isTextOrNull,
  workspaceName: isTextOrNull,
  distinction: isTextOrNull,
  enabled: isFlag,
  priority: (cell) => cell === null || cell === 'first' || cell === 'last',
  reservePercent: isNumberOrNull,
  lastUsedAt: isNumberOrNull,
  hasRefreshToken: isFlag,
  hasAccessToken: isFlag,
  expiresAt: isNumberOrNull,
  lastRefresh: isNumberOrNull,
  isMixedUp: isFlag,
};

function isColumns(value: unknown): value is AccountColumns {
  if (!isJsonObject(value) || !Array.isArray(value['id'])) return false;
  const { length } = value['id'];
  return Object.entries(isCell).every(
    ([member, is]) => isColumn(value[member], length, is) || isLeftOut(value, member),
  );
}

function isColumn(cells: unknown, length: number, is: (cell: unknown) => boolean): boolean {
  return Array.isArray(cells) && cells.length === length && cells.every((cell) => is(cell));
}

function isLeftOut(columns: JsonObject, member: string): boolean {
  return columns[member] === undefined && !isNeeded(member);
}

const needed: readonly string[] = [
  'id',
  'enabled',
  'hasRefreshToken',
  'hasAccessToken',
  'isMixedUp',
] satisfies Member[];

function isNeeded(member: string): boolean {
  return needed.includes(member);
}

function isTextOrNull(cell: unknown): boolean {
  return cell === null || typeof cell === 'string';
}

function isNumberOrNull(cell: unknown): boolean {
  return cell === null || isNumber(cell);
}

function isFlag(cell: unknown): boolean {
  return typeof cell === 'boolean';
}
