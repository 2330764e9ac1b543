import type { TokenSet } from '../accounts/account.js';
import { identityOfTokens } from '../accounts/token-identity.js';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { endByOurClock } from '../lineage/journal-answer.js';
import { knownSpent } from '../lineage/lineage-log.js';
import { areTokensOf } from '../lineage/rotation.js';
import { recoverJournal } from '../logins/journal-recovery.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import { withStore } from '../logins/with-store.js';
import type { Store } from '../pools/store.js';
import { requestWorkspaceToken } from '../provider/workspace-switch.js';
import type { Secret } from '../secret.js';
import { isSameVersion, readVersion, replaceFile } from '../storage/atomic-file.js';
import { keepAside } from '../storage/kept.js';
import type { Root } from '../storage/root.js';
import { patchFlatTokenFile } from '../token-files/flat-token-file.js';
import { failed, failedBy, type Renewal, renewed } from './renewal.js';
import { accountOfFile, type FileRenewals, readTokenFile, type TokenFile } from './token-file.js';

interface HandOut {
  readonly files: readonly TokenFile[];
  readonly tokens: TokenSet;
  readonly how: 'refreshed' | 'adopted';
  /** Where the tokens are safe, should a file not take them; undefined when they are nowhere. */
  readonly safeIn: string | undefined;
  /** Runs in the store before any file is written. */
  readonly first?: (store: Store) => void;
}

/**
 * Puts the tokens of a login into its files. Each file fails on its own; the caller holds the person's lock. Throws when
 * the store cannot be had, with no file written.
 */
export async function handOut(deps: RefreshDeps, handed: HandOut): Promise<FileRenewals> {
  const { root } = deps;
  const plans = await Promise.all(handed.files.map((file) => tokensForFile(deps, file, handed.tokens)));
  // Ctrl-C does not cut this short: the tokens have arrived, and storing them takes milliseconds.
  return withStore(root, {}, (store) => {
    handed.first?.(store);
    const isSpent = knownSpent(root);
    const renewals = new Map(plans.map((plan) => [plan.file.path, write(store, plan, handed, isSpent)]));
    recoverJournal(store);
    return renewals;
  });
}

function write(
  { root }: Store,
  { file, tokens }: FileTokens,
  { how, safeIn }: HandOut,
  isSpent: ReturnType<typeof knownSpent>,
): Renewal {
  try {
    if (!isUpToDate(file, tokens)) writeTokenFile(root, { file, tokens, isSpent });
  } catch (error) {
    return failedBy(withWhereabouts(error, file, safeIn));
  }
  if (tokens.accessToken !== undefined) return renewed(how, tokens);
  return failed({
    code: 'sign-in-needed',
    message: `${file.name} has its new refresh token, but the provider gave no access token for its workspace`,
    hint: 'sign in to that workspace again',
  });
}

function isUpToDate({ login }: TokenFile, { accessToken, refreshToken }: Partial<TokenSet>): boolean {
  const { tokens, statedExpiry } = login;
  const isSame = tokens.refreshToken.equals(refreshToken) && tokens.accessToken?.equals(accessToken) === true;
  return isSame && statedExpiry !== undefined;
}

/** What the person most wants to know after a failed write: that nothing is lost, and how to go on. */
export function withWhereabouts(error: unknown, { name }: TokenFile, safeIn: string | undefined): unknown {
  if (!(error instanceof AppError)) return error;
  const where =
    safeIn === undefined
      ? 'the new tokens could not be written to the refresh journal either and are lost'
      : `the new tokens are safe in ${safeIn}`;
  const hint =
    safeIn === undefined ? 'fix the disk, then sign in again' : `put that right, then: codex-auth renew ${name}`;
  return new AppError(error.code, `${error.message}; ${where}`, { hint, details: { ...error.details } });
}

/** The tokens for one file; without an access token when there is none for its workspace. */
interface FileTokens {
  readonly file: TokenFile;
  readonly tokens: Partial<TokenSet>;
}

type SwitchDeps = Pick<RefreshDeps, 'http' | 'provider' | 'callOptions' | 'root'>;

/**
 * What a file gets from a login that has just been renewed. Access and id token belong to one workspace; a file of
 * another workspace of the same login gets the refresh token, and an access token of its own, which costs nothing
 * (official-client.md#workspaces).
 */
async function tokensForFile(deps: SwitchDeps, file: TokenFile, renewed: TokenSet): Promise<FileTokens> {
  const { generation: _, ...tokens } = renewed;
  if (areTokensOf(accountOfFile(file), tokens)) return { file, tokens };
  const { refreshToken, lastRefresh } = tokens;
  return { file, tokens: definedOnly({ refreshToken, lastRefresh, ...(await enter(deps, file, renewed)) }) };
}

async function enter(
  { http, provider, callOptions, root }: SwitchDeps,
  { login }: TokenFile,
  renewed: TokenSet,
): Promise<Partial<TokenSet>> {
  const { accessToken } = renewed;
  const workspaceId = login.identity.accountId;
  if (workspaceId === undefined || accessToken === undefined) return {};
  const credentials = { accessToken, ...definedOnly({ accountId: identityOfTokens(renewed).accountId }) };
  const switched = await requestWorkspaceToken(http, provider, credentials, workspaceId, callOptions);
  if (switched.kind !== 'switched') return {};
  const expiresAt = endByOurClock(switched.accessToken.reveal(), root.clock.now(), switched.serverDate);
  return { accessToken: switched.accessToken, ...definedOnly({ expiresAt }) };
}

interface FileWrite {
  readonly file: TokenFile;
  readonly tokens: Partial<TokenSet>;
  /** Whether a refresh token has been spent; a file with one that has not been is kept before it is overwritten. */
  readonly isSpent: (token: Secret) => boolean;
}

const attempts = 3;

/**
 * Puts newer tokens into a token file and leaves everything else in it as it stands: atomically, 0600, through a
 * symlink, and only over what was read (P9). What another program has changed beside the login meanwhile stays; where
 * it has changed the login, nothing is written. Throws `storage-conflict` or `storage-write-failed` with the file
 * untouched.
 */
function writeTokenFile(root: Root, { file, tokens, isSpent }: FileWrite): void {
  let current = file;
  for (let attempt = 1; ; attempt += 1) {
    const { path, version, login } = current;
    const held = login.tokens.refreshToken;
    const isLost = !held.equals(tokens.refreshToken) && !isSpent(held);
    if (attempt === 1 && isLost) keepAside(root, 'replaced-token-file', version.bytes);
    try {
      const guard = () => assertUnchanged(current);
      // Checked before `replaceFile` makes anything: a directory that has gone must not be made again.
      guard();
      replaceFile({ path, content: patchFlatTokenFile(version.content, tokens), guard }, root.processes);
      return;
    } catch (error) {
      const isConflict = error instanceof AppError && error.code === 'storage-conflict';
      if (!isConflict || attempt === attempts) throw error;
      const now = readTokenFile(file);
      if (!now.login.tokens.refreshToken.equals(held)) throw error;
      current = now;
    }
  }
}

function assertUnchanged({ name, path, version }: TokenFile): void {
  if (isSameVersion(readVersion(path), version)) return;
  throw new AppError('storage-conflict', 'another program changed it at the same moment', {
    hint: `codex-auth renew ${name}`,
    details: { path },
  });
}
