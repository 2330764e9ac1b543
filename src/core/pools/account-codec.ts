import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type {
  Account,
  AuthFileExtras,
  Flag,
  FlaggedAccount,
  Priority,
  Provenance,
  TokenSet,
} from '../accounts/account.js';
import { haveOtherEmails, isOrganizationId } from '../accounts/identity.js';
import { readClaims } from '../accounts/jwt-claims.js';
import { definedOnly } from '../defined-only.js';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { readFlag, readNumber, readSecret, readText, readTime } from '../storage/tolerant.js';

type Fields = ReturnType<typeof accountFields>;

/** What a record says, member by member: in a loop over names the engine would look each of them up anew. */
function accountFields(raw: JsonObject) {
  return {
    recordId: readText(raw['recordId']),
    userId: readText(raw['userId']),
    accountId: readText(raw['accountId']),
    accountIdSource: readText(raw['accountIdSource']),
    accountLabel: readText(raw['accountLabel']),
    email: readText(readText(raw['email'])?.trim()),
    planType: readText(raw['planType']),
    workspaceName: readText(raw['workspaceName']),
    enabled: readFlag(raw['enabled']),
    priority: readPriority(raw['priority']),
    reservePercent: readShare(raw['reservePercent']),
    refreshToken: readSecret(raw['refreshToken']),
    accessToken: readSecret(raw['accessToken']),
    idToken: readSecret(raw['idToken']),
    expiresAt: readTime(raw['expiresAt']),
    lastRefresh: readTime(raw['lastRefresh']),
    tokenGeneration: readNumber(raw['tokenGeneration']),
    addedAt: readTime(raw['addedAt']),
    lastUsed: readTime(raw['lastUsed']) || undefined,
    movedAt: readTime(raw['movedAt']),
    movedFrom: readText(raw['movedFrom']),
    provenance: readProvenance(raw['provenance']),
    authFile: readAuthFileExtras(raw['authFile']),
  };
}

function flagFields(raw: JsonObject) {
  return {
    flaggedAt: readTime(raw['flaggedAt']),
    flaggedReason: readText(raw['flaggedReason']),
    lastError: readText(raw['lastError']),
    lastVerified: readTime(raw['lastVerified']),
    verificationCount: readNumber(raw['verificationCount']),
  };
}

function readPriority(value: unknown): Priority | undefined {
  return value === 'first' || value === 'last' ? value : undefined;
}

function readShare(value: unknown): number | undefined {
  const percent = readNumber(value);
  return percent !== undefined && percent >= 1 && percent <= 99 ? percent : undefined;
}

function readProvenance(value: unknown): Provenance | undefined {
  if (!isJsonObject(value)) return undefined;
  const { issuer, clientId } = value;
  return typeof issuer === 'string' && typeof clientId === 'string' ? { issuer, clientId } : undefined;
}

function readAuthFileExtras(value: unknown): AuthFileExtras | undefined {
  if (!isJsonObject(value)) return undefined;
  const { top, tokens } = value;
  return isJsonObject(top) && isJsonObject(tokens) ? { top, tokens } : undefined;
}

/** A record of a pool file, or undefined when the entry is no object. Throws nothing: what is odd reads as absent. */
export function decodeAccount(entry: unknown): Account | undefined {
  if (!isJsonObject(entry)) return undefined;
  const fields = accountFields(entry);
  const { userId, accountId, accountIdSource, email, planType } = completeIdentity(fields);
  return definedOnly({
    id: fields.recordId ?? derivedId({ userId, accountId, email }, fields),
    userId,
    accountId,
    accountIdSource,
    email,
    planType,
    label: fields.accountLabel,
    workspaceName: fields.workspaceName,
    addedAt: fields.addedAt,
    lastUsedAt: fields.lastUsed,
    movedAt: fields.movedAt,
    movedFrom: fields.movedFrom,
    provenance: fields.provenance,
    authFile: fields.authFile,
    enabled: fields.enabled ?? true,
    priority: fields.priority,
    reservePercent: fields.reservePercent,
    tokens: tokensOf(fields),
    raw: entry,
  });
}

const unknownReason = 'unknown';

export function decodeFlaggedAccount(entry: unknown): FlaggedAccount | undefined {
  const account = decodeAccount(entry);
  if (account === undefined) return undefined;
  const fields = flagFields(account.raw);
  const flagged: Flag = {
    at: fields.flaggedAt ?? 0,
    reason: fields.flaggedReason ?? unknownReason,
    verificationCount: fields.verificationCount ?? 0,
    ...definedOnly({ lastError: fields.lastError, lastVerifiedAt: fields.lastVerified }),
  };
  return { ...account, flag: flagged };
}

/** The record as it goes to disk: what we know laid over the record that was read. Reveals the tokens. */
export function encodeAccount(account: Account): JsonObject {
  const { tokens } = account;
  const stored = accountFields(account.raw);
  return overlay(account.raw, stored, {
    recordId: account.id,
    userId: account.userId,
    accountId: account.accountId,
    accountIdSource: account.accountIdSource,
    accountLabel: account.label,
    email: account.email,
    planType: account.planType,
    workspaceName: account.workspaceName,
    enabled: unlessDefault(account.enabled, true, stored.enabled),
    priority: account.priority,
    reservePercent: account.reservePercent,
    refreshToken: tokens.refreshToken?.reveal(),
    accessToken: tokens.accessToken?.reveal(),
    idToken: tokens.idToken?.reveal(),
    expiresAt: tokens.expiresAt,
    lastRefresh: tokens.lastRefresh,
    tokenGeneration: unlessDefault(tokens.generation, 0, stored.tokenGeneration),
    addedAt: account.addedAt,
    lastUsed: account.lastUsedAt,
    movedAt: account.movedAt,
    movedFrom: account.movedFrom,
    provenance: account.provenance,
    authFile: account.authFile,
  });
}

export function encodeFlaggedAccount(account: FlaggedAccount): JsonObject {
  const { flag: flagged, raw } = account;
  const stored = flagFields(raw);
  return overlay(encodeAccount(account), stored, {
    flaggedAt: unlessDefault(flagged.at, 0, stored.flaggedAt),
    flaggedReason: unlessDefault(flagged.reason, unknownReason, stored.flaggedReason),
    lastError: flagged.lastError,
    lastVerified: flagged.lastVerifiedAt,
    verificationCount: unlessDefault(flagged.verificationCount, 0, stored.verificationCount),
  });
}

/** The record without what only a flagged file holds, for its way back into a pool. */
export function withoutFlag({ flag: _, ...account }: FlaggedAccount): Account {
  const flagKeys = Object.keys(flagFields({}));
  const raw = Object.fromEntries(Object.entries(account.raw).filter(([key]) => !flagKeys.includes(key)));
  return { ...account, raw };
}

/** A default that stands for something absent or unreadable is not written over it. */
function unlessDefault<T>(value: T, standard: T, stored: T | undefined): T | undefined {
  return value === standard && stored === undefined ? undefined : value;
}

/**
 * Writes each value that has changed, and removes a key whose value we understood and have since cleared. What we read
 * and did not change stays as it was spelled; what we could not read is not ours to drop.
 */
export function overlay(raw: JsonObject, understood: JsonObject, values: JsonObject): JsonObject {
  const result: Record<string, unknown> = { ...raw };
  for (const [key, value] of Object.entries(values)) {
    if (isDeepStrictEqual(value, understood[key])) continue;
    if (value !== undefined) result[key] = value;
    else delete result[key];
  }
  return result;
}

interface IdentityFields {
  readonly userId?: string | undefined;
  readonly accountId?: string | undefined;
  readonly accountIdSource?: string | undefined;
  readonly email?: string | undefined;
  readonly planType?: string | undefined;
}

/** Fills what the record lacks from its tokens, and puts the token's account id in place of an organization id. */
function completeIdentity(fields: Fields): IdentityFields {
  const { userId, accountId, accountIdSource, email, planType } = fields;
  const isComplete = userId !== undefined && accountId !== undefined && email !== undefined;
  if (isComplete && !isOrganizationId(accountId)) return fields;
  const claims = claimsOf(fields);
  // Tokens of another person do not say whose record this is.
  if (userId === undefined && haveOtherEmails(email, claims?.email)) return fields;
  const takesClaim = claims?.accountId !== undefined && (accountId === undefined || isOrganizationId(accountId));
  return {
    userId: userId ?? claims?.userId,
    accountId: takesClaim ? claims.accountId : accountId,
    accountIdSource: takesClaim ? 'token' : accountIdSource,
    email: email ?? claims?.email,
    planType: planType ?? claims?.planType,
  };
}

function claimsOf(fields: Fields): ReturnType<typeof readClaims> {
  const fromAccess = fields.accessToken === undefined ? undefined : readClaims(fields.accessToken.reveal());
  const fromId = fields.idToken === undefined ? undefined : readClaims(fields.idToken.reveal());
  return { ...fromAccess, ...fromId };
}

/** An id that is the same on every read until the first write stores it: commands that only read show it already. */
function derivedId(identity: IdentityFields, fields: Fields): string {
  const { userId = '', accountId = '', email = '' } = identity;
  const known = userId !== '' || email !== '' ? [userId, accountId, email] : [fields.refreshToken?.reveal() ?? ''];
  return `acc_${createHash('sha256').update(known.join('\n')).digest('hex').slice(0, 12)}`;
}

function tokensOf(fields: Fields): TokenSet {
  return definedOnly({
    generation: fields.tokenGeneration ?? 0,
    refreshToken: fields.refreshToken,
    accessToken: fields.accessToken,
    idToken: fields.idToken,
    expiresAt: fields.expiresAt,
    lastRefresh: fields.lastRefresh,
  });
}
