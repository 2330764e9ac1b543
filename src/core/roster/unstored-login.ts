import { createHash } from 'node:crypto';
import type { Account } from '../accounts/account.js';
import { findSame, type Identity } from '../accounts/identity.js';
import { wasRemoved } from '../accounts/pool.js';
import type { AuthFileContent } from '../codex/auth-file.js';
import { definedOnly } from '../defined-only.js';
import { recordsOf, type ScopeContent } from '../pools/scope-records.js';

/**
 * The account that the official client's login would become (P23), when it is nobody's here: under the id that it gets
 * when it is taken in, so that what names it now means the same account later. Undefined for a login that has a record,
 * and for one that the person removed. `scopes` are all of the root. Pure.
 */
export function unstoredAccount(
  scopes: readonly ScopeContent[],
  content: AuthFileContent | undefined,
): Account | undefined {
  if (content?.kind !== 'login') return undefined;
  const { identity, tokens, extras, provenance } = content.login;
  const records = recordsOf(scopes);
  if (findSame(records, identity) !== undefined) return undefined;
  if (scopes.some(({ pool }) => wasRemoved(pool, identity))) return undefined;
  return definedOnly({
    ...identity,
    id: freeId(identity, new Set(records.map(({ id }) => id))),
    enabled: true,
    tokens,
    authFile: extras,
    provenance,
    raw: {},
    isUnstored: true as const,
  });
}

/** An older record can have the id that this login would have, when it has got another identity since. */
function freeId(identity: Identity, taken: ReadonlySet<string>): string {
  for (let attempt = 0; ; attempt += 1) {
    const id = idOf(identity, attempt);
    if (!taken.has(id)) return id;
  }
}

/** An id of the usual form. The email counts only where there is nothing else, because it can change. */
function idOf({ userId, accountId, email }: Identity, attempt: number): string {
  const isNamed = userId !== undefined || accountId !== undefined;
  const parts = [userId ?? '', accountId ?? '', isNamed ? '' : (email ?? ''), attempt];
  return `acc_${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)}`;
}
