import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import type { Account, Flag, FlaggedAccount, TokenSet } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { readClaims } from '../oauth/jwt-claims.js';
import { Secret } from '../secret.js';
import { flag, number, record, text } from './tolerant.js';

const secret = z.catch(z.optional(z.pipe(z.string().check(z.minLength(1)), z.transform(toSecret))), undefined);

const AccountFields = z.object({
  recordId: text,
  userId: text,
  accountId: text,
  accountIdSource: text,
  accountLabel: text,
  email: text,
  planType: text,
  workspaceName: text,
  enabled: flag,
  refreshToken: secret,
  accessToken: secret,
  idToken: secret,
  expiresAt: number,
  lastRefresh: number,
  tokenGeneration: number,
  addedAt: number,
  lastUsed: number,
  movedAt: number,
  provenance: z.catch(z.optional(z.object({ issuer: z.string(), clientId: z.string() })), undefined),
  authFile: z.catch(z.optional(z.object({ top: record, tokens: record })), undefined),
});

const FlagFields = z.object({
  flaggedAt: number,
  flaggedReason: text,
  lastError: text,
  lastVerified: number,
  verificationCount: number,
});

type Fields = z.infer<typeof AccountFields>;
type StoredValues = Readonly<Record<string, unknown>>;

/** A record of a pool file, or undefined when the entry is no object. Throws nothing: what is odd reads as absent. */
export function decodeAccount(entry: unknown): Account | undefined {
  const raw = record.safeParse(entry);
  if (!raw.success) return undefined;
  const fields = AccountFields.parse(raw.data);
  const identity = completeIdentity(fields);
  return {
    id: fields.recordId ?? derivedId(identity, fields),
    ...definedOnly({
      ...identity,
      accountIdSource: fields.accountIdSource,
      label: fields.accountLabel,
      workspaceName: fields.workspaceName,
      addedAt: fields.addedAt,
      lastUsedAt: fields.lastUsed,
      movedAt: fields.movedAt,
      provenance: fields.provenance,
      authFile: fields.authFile,
    }),
    enabled: fields.enabled ?? true,
    tokens: tokensOf(fields),
    raw: raw.data,
  };
}

export function decodeFlaggedAccount(entry: unknown): FlaggedAccount | undefined {
  const account = decodeAccount(entry);
  if (account === undefined) return undefined;
  const fields = FlagFields.parse(account.raw);
  const flagged: Flag = {
    at: fields.flaggedAt ?? 0,
    reason: fields.flaggedReason ?? 'unknown',
    verificationCount: fields.verificationCount ?? 0,
    ...definedOnly({ lastError: fields.lastError, lastVerifiedAt: fields.lastVerified }),
  };
  return { ...account, flag: flagged };
}

/** The record as it goes to disk: what we know laid over what was there. Reveals the tokens. */
export function encodeAccount(account: Account): StoredValues {
  const { tokens } = account;
  return overlay(account.raw, AccountFields.parse(account.raw), {
    recordId: account.id,
    userId: account.userId,
    accountId: account.accountId,
    accountIdSource: account.accountIdSource,
    accountLabel: account.label,
    email: account.email,
    planType: account.planType,
    workspaceName: account.workspaceName,
    enabled: account.enabled,
    refreshToken: tokens.refreshToken?.reveal(),
    accessToken: tokens.accessToken?.reveal(),
    idToken: tokens.idToken?.reveal(),
    expiresAt: tokens.expiresAt,
    lastRefresh: tokens.lastRefresh,
    tokenGeneration: tokens.generation,
    addedAt: account.addedAt,
    lastUsed: account.lastUsedAt,
    movedAt: account.movedAt,
    provenance: account.provenance,
    authFile: account.authFile,
  });
}

export function encodeFlaggedAccount(account: FlaggedAccount): StoredValues {
  return overlay(encodeAccount(account), FlagFields.parse(account.raw), {
    flaggedAt: account.flag.at,
    flaggedReason: account.flag.reason,
    lastError: account.flag.lastError,
    lastVerified: account.flag.lastVerifiedAt,
    verificationCount: account.flag.verificationCount,
  });
}

/** The record without what only a flagged file holds, for its way back into a pool. */
export function withoutFlag({ flag: _, ...account }: FlaggedAccount): Account {
  const flagKeys = Object.keys(FlagFields.shape);
  const raw = Object.fromEntries(Object.entries(account.raw).filter(([key]) => !flagKeys.includes(key)));
  return { ...account, raw };
}

/**
 * Writes each defined value, and removes a key whose value we understood and have since cleared. A value that we could
 * not read is not ours to drop.
 */
function overlay(raw: StoredValues, understood: StoredValues, values: StoredValues): StoredValues {
  const result: Record<string, unknown> = { ...raw };
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) result[key] = value;
    else if (understood[key] !== undefined) delete result[key];
  }
  return result;
}

type IdentityFields = { userId?: string; accountId?: string; email?: string; planType?: string };

/** Fills what the record lacks from its tokens, and puts the token's account id in place of an organization id. */
function completeIdentity(fields: Fields): IdentityFields {
  const stored = { userId: fields.userId, accountId: fields.accountId, email: fields.email, planType: fields.planType };
  const isComplete = stored.userId !== undefined && stored.accountId !== undefined && stored.email !== undefined;
  if (isComplete && !isOrganizationId(stored.accountId)) return definedOnly(stored);
  const claims = claimsOf(fields);
  const accountId = isOrganizationId(stored.accountId) ? (claims?.accountId ?? stored.accountId) : stored.accountId;
  return definedOnly({
    userId: stored.userId ?? claims?.userId,
    accountId: accountId ?? claims?.accountId,
    email: stored.email ?? claims?.email,
    planType: stored.planType ?? claims?.planType,
  });
}

export function isOrganizationId(accountId: string | undefined): boolean {
  return accountId?.startsWith('org-') === true;
}

function claimsOf(fields: Fields): ReturnType<typeof readClaims> {
  const fromAccess = fields.accessToken === undefined ? undefined : readClaims(fields.accessToken.reveal());
  const fromId = fields.idToken === undefined ? undefined : readClaims(fields.idToken.reveal());
  return { ...fromAccess, ...fromId };
}

/** The same on every read until the first write stores it, because reading commands already show it. */
function derivedId(identity: IdentityFields, fields: Fields): string {
  const { userId = '', accountId = '', email = '' } = identity;
  const known = userId !== '' || email !== '' ? [userId, accountId, email] : [fields.refreshToken?.reveal() ?? ''];
  return `acc_${createHash('sha256').update(known.join('\n')).digest('hex').slice(0, 12)}`;
}

function tokensOf(fields: Fields): TokenSet {
  return {
    generation: fields.tokenGeneration ?? 0,
    ...definedOnly({
      refreshToken: fields.refreshToken,
      accessToken: fields.accessToken,
      idToken: fields.idToken,
      expiresAt: fields.expiresAt,
      lastRefresh: fields.lastRefresh,
    }),
  };
}

function toSecret(value: string): Secret {
  return new Secret(value);
}
