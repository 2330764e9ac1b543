import * as z from 'zod/mini';
import type { Account, TokenSet } from '../accounts/account.js';
import { type Identity, normalizeEmailKey, realAccountId } from '../accounts/identity.js';
import { definedOnly } from '../defined-only.js';
import { jsonIn } from '../json-text.js';
import { Secret } from '../secret.js';
import type { LoginRow } from './rows.js';
import type { ShareKey } from './share-key.js';

const text = z.exactOptional(z.string());
const number = z.exactOptional(z.number());
const members = z.record(z.string(), z.unknown());

/** The sealed part of a login without its refresh token: enough to use it until its access token ends. */
const SealedLogin = z.object({
  version: z.literal(1),
  userId: text,
  accountId: text,
  accountIdSource: text,
  email: text,
  planType: text,
  workspaceName: text,
  accessToken: text,
  idToken: text,
  expiresAt: number,
  lastRefresh: number,
  provenance: z.exactOptional(z.object({ issuer: z.string(), clientId: z.string() })),
  authFile: z.exactOptional(z.object({ top: members, tokens: members })),
});

/** An opened login. Its refresh token is not in it, because only the keeper opens that. */
export type SharedLogin = Pick<
  Account,
  'userId' | 'accountId' | 'accountIdSource' | 'email' | 'planType' | 'workspaceName' | 'provenance' | 'authFile'
> & { readonly tokens: TokenSet };

export interface SealedParts {
  readonly sealed_login: string;
  readonly sealed_refresh: string | null;
}

/** The text from which the id of its row is made; undefined where neither user id nor email is known. */
export function identityName({ userId, accountId, email }: Identity): string | undefined {
  const account = realAccountId(accountId) ?? '';
  if (userId !== undefined) return `user\n${userId}\n${account}`;
  return email === undefined ? undefined : `email\n${normalizeEmailKey(email)}\n${account}`;
}

/** Seals both parts of a login, for one generation of a row. */
export function sealLogin(key: ShareKey, id: string, generation: number, account: Account): SealedParts {
  const { userId, accountId, accountIdSource, email, planType, workspaceName, provenance, authFile, tokens } = account;
  const { accessToken, idToken, expiresAt, lastRefresh, refreshToken } = tokens;
  const login: z.infer<typeof SealedLogin> = {
    version: 1,
    ...definedOnly({ userId, accountId, accountIdSource, email, planType, workspaceName, expiresAt, lastRefresh }),
    ...definedOnly({ accessToken: accessToken?.reveal(), idToken: idToken?.reveal() }),
    ...definedOnly({
      provenance: provenance && { ...provenance },
      authFile: authFile && { top: { ...authFile.top }, tokens: { ...authFile.tokens } },
    }),
  };
  return {
    sealed_login: key.seal(JSON.stringify(login), { id, part: 'login', generation }),
    sealed_refresh:
      refreshToken === undefined ? null : key.seal(refreshToken.reveal(), { id, part: 'refresh', generation }),
  };
}

/** Undefined where it does not open: it was sealed with another key or for another row, or is damaged. */
export function openLogin(key: ShareKey, row: LoginRow): SharedLogin | undefined {
  const opened = key.open(row.sealed_login, { id: row.id, part: 'login', generation: row.generation });
  const parsed = SealedLogin.safeParse(jsonIn(opened?.reveal() ?? ''));
  if (!parsed.success) return undefined;
  const { version: _, accessToken, idToken, expiresAt, lastRefresh, ...identity } = parsed.data;
  const secret = (value: string | undefined) => (value === undefined ? undefined : new Secret(value));
  const tokens = definedOnly({
    generation: row.generation,
    accessToken: secret(accessToken),
    idToken: secret(idToken),
    expiresAt,
    lastRefresh,
  });
  return { ...identity, tokens };
}

/** For the keeper, or a machine that is about to become it. */
export function openRefreshToken(key: ShareKey, row: LoginRow): Secret | undefined {
  if (row.sealed_refresh === null) return undefined;
  return key.open(row.sealed_refresh, { id: row.id, part: 'refresh', generation: row.generation });
}
