import { sep } from 'node:path';
import { type Account, describeAccount } from '../../core/accounts/account.js';
import { isSameAccount } from '../../core/accounts/identity.js';
import { isNewer } from '../../core/accounts/lineage.js';
import type { AuthFileLogin } from '../../core/codex/auth-file.js';
import { resolveTarget } from '../../core/storage/atomic-file.js';
import type { ImportEntry, ImportTarget } from '../../core/transfer/import-logins.js';
import type { LoginSource } from '../../core/transfer/list-sources.js';
import type { Context } from '../program/context.js';

type ImportedEntry = Extract<ImportEntry, { outcome: 'new' | 'update' | 'same' | 'older' }>;

/** Whether its tokens are here because of this import. */
export function isImported(entry: ImportEntry): entry is ImportedEntry {
  return entry.outcome === 'new' || entry.outcome === 'update';
}

/** What the person should know or do about logins that have just been taken over. */
export function warnAfterImport(
  context: Context,
  entries: readonly ImportEntry[],
  sources: readonly LoginSource[],
  { inUse }: ImportTarget,
): void {
  const imported = entries.filter(isImported);
  const outside = sources.filter((source) => !isOurs(context, source)).map(({ name }) => name);
  if (imported.some(({ place }) => outside.includes(place.file))) {
    context.warn(
      'the files still hold the logins that were imported. Two holders of one login will collide, and the one that comes second is signed out: stop using them there',
    );
  }
  if (imported.some(({ isSetAside }) => isSetAside)) {
    context.warn('some of these accounts are set aside: codex-auth verify-flagged brings back those that work');
  }
  const ahead = inUse && imported.find(({ account }) => isAhead(account, inUse));
  if (ahead === undefined) return;
  const { account } = ahead;
  context.warn(
    `the official client still has an older login of ${describeAccount(account)}: codex-auth switch ${account.id}`,
  );
}

/** The same account with another login, which is newer than the one that the official client has. */
function isAhead(account: Account, { identity, tokens }: AuthFileLogin): boolean {
  if (!isSameAccount(account, identity) || account.tokens.refreshToken?.equals(tokens.refreshToken) === true)
    return false;
  return isNewer({ source: 'pool', tokens: account.tokens }, { source: 'auth-file', tokens });
}

/** The live `auth.json` and what this program keeps are no second holders. */
function isOurs({ home, root }: Context, { path }: LoginSource): boolean {
  return path === resolveTarget(home.authFile) || path.startsWith(resolveTarget(root.paths.root) + sep);
}
