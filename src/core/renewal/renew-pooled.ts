import type { Account, TokenSet } from '../accounts/account.js';
import { definedOnly } from '../defined-only.js';
import { readEntries } from '../lineage/journal.js';
import { withJournal } from '../lineage/journal-overlay.js';
import { knownSpent, logLineage } from '../lineage/lineage-log.js';
import { areTokensOf } from '../lineage/rotation.js';
import { findStored } from '../logins/gather-newest.js';
import { takeLogin } from '../logins/give-back-tokens.js';
import { withPersonLock } from '../logins/person-lock.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import type { RefreshOutcome } from '../logins/refresh-outcome.js';
import { withStore } from '../logins/with-store.js';
import { readAllScopes } from '../pools/scope-files.js';
import type { Store } from '../pools/store.js';
import { ensureUsable } from '../spending/refresh.js';
import { handOut } from './hand-out.js';
import { ownerOf } from './login-groups.js';
import { type DueReason, mustReplace, type RenewalPolicy } from './policy.js';
import { failedBy, notDue, ofOutcome, type Renewal } from './renewal.js';
import { accountOfFile, dueOnly, type FileRenewals, type FileTarget, readAgain, withoutForeign } from './token-file.js';

/** An account of ours, and why it is to be renewed; without a reason it is here for the sake of its files. */
export interface AccountTarget {
  readonly account: Account;
  readonly why: DueReason | undefined;
}

export interface PooledRenewals {
  /** By account id. */
  readonly accounts: Map<string, Renewal>;
  readonly files: FileRenewals;
  /** The outcome of each account, for conclusions that take several of them (`settleClientRefusals`). */
  readonly outcomes: readonly RefreshOutcome[];
}

/**
 * Renews accounts of ours and the token files that hold the same logins: what is newer in a file is taken over first, then
 * the account is refreshed as always, and then its files get what it has. All logins that share a refresh token must be
 * in one call.
 */
export async function renewPooled(
  deps: RefreshDeps,
  targets: { readonly accounts: readonly AccountTarget[]; readonly files: readonly FileTarget[] },
  policy: RenewalPolicy,
): Promise<PooledRenewals> {
  const records = targets.accounts.map(({ account }) => account);
  const logins = targets.accounts.map((target) => {
    return { ...target, files: targets.files.filter(({ file }) => ownerOf(file, records)?.id === target.account.id) };
  });
  const refreshed: Refreshed[] = [];
  for (const login of logins) refreshed.push(await refreshLogin(withPatience(deps, policy), login));
  const files: FileRenewals = new Map();
  // After the last refresh, because each may have spent a token that files of the others hold.
  for (const each of refreshed) for (const [path, renewal] of await updateFiles(deps, each)) files.set(path, renewal);
  return {
    accounts: new Map(refreshed.map(({ login, result }) => [login.account.id, accountRenewal(login, result)])),
    files,
    outcomes: refreshed.flatMap(({ result }) => (result === undefined || result.kind === 'failed' ? [] : [result])),
  };
}

/** A login that ends within `beforeMs` is refreshed, where an ordinary refresh waits for the last minute. */
function withPatience(deps: RefreshDeps, { beforeMs }: RenewalPolicy): RefreshDeps {
  const { tokenRefreshSkewMs } = deps.settings;
  return { ...deps, settings: { ...deps.settings, tokenRefreshSkewMs: Math.max(beforeMs, tokenRefreshSkewMs) } };
}

interface Login extends AccountTarget {
  readonly files: readonly FileTarget[];
}

interface Refreshed {
  /** Its files as they were when their tokens were compared with ours. */
  readonly login: Login;
  readonly untouched: FileRenewals;
  /** Absent where nothing was due. */
  readonly result?: RefreshOutcome | Extract<Renewal, { kind: 'failed' }>;
}

function accountRenewal({ account }: Login, result: Refreshed['result']): Renewal {
  if (result === undefined) return notDue(account.tokens);
  return result.kind === 'failed' ? result : ofOutcome(result);
}

async function refreshLogin(deps: RefreshDeps, login: Login): Promise<Refreshed> {
  const isDue = login.why !== undefined || login.files.some(({ why }) => why !== undefined);
  if (!isDue) return { login, untouched: new Map() };
  try {
    const { present, untouched } = await takeOver(deps, login);
    const { account } = login;
    const rejected = rejectedToken(deps, login);
    const reason = rejected === undefined ? ('proactive_expiry' as const) : ('forced' as const);
    const result = await ensureUsable(deps, definedOnly({ account, reason, rejected }));
    return { login: { ...login, files: present }, untouched, result };
  } catch (error) {
    return { login, untouched: new Map(), result: failedBy(error) };
  }
}

/** The login in a file is a copy like any other: the newest one counts (P2), before anything is spent. */
async function takeOver({ root, signal, provider }: RefreshDeps, { account, files }: Login) {
  if (files.length === 0) return { present: [], untouched: new Map() };
  return withPersonLock(root, account, { signal }, () =>
    withStore(root, { signal }, (store) => {
      const { present, unreadable } = readAgain(files);
      const { ours, foreign } = withoutForeign(present, provider);
      const journal = readEntries(root.paths.journal);
      for (const { file } of ours) takeTokens(store, account.id, withJournal(accountOfFile(file), journal).tokens);
      return { present: ours, untouched: new Map([...unreadable, ...foreign]) };
    }),
  );
}

function takeTokens(store: Store, id: string, tokens: TokenSet): void {
  const record = findStored(store.scopes(), id);
  // The file is of another workspace, and shares only the refresh token.
  if (!areTokensOf(record, tokens)) return;
  const { wasNewer, before, after } = takeLogin(store, record, { source: 'import', tokens });
  if (wasNewer) logLineage(store.root, { event: 'adopted', accountId: id, before, after, detail: 'token file' });
}

/** The access token that is to be replaced although it lives; none when a newer one has come in already. */
function rejectedToken({ root, files: memory }: RefreshDeps, { account, why, files }: Login): TokenSet['accessToken'] {
  const { accessToken } = findStored(readAllScopes(root.paths, memory.read), account.id).tokens;
  const copies = [
    { why, tokens: account.tokens },
    ...files.map((each) => ({ ...each, tokens: each.file.login.tokens })),
  ];
  const replaced = copies.filter((copy) => copy.why !== undefined && mustReplace(copy.why)).map(({ tokens }) => tokens);
  const stored = replaced.find((tokens) => tokens.accessToken?.equals(accessToken) === true);
  // The tokens that the account has by now may be in `auth.json` only; `account` has been brought up to date with them.
  return (stored ?? replaced.find((tokens) => tokens === account.tokens))?.accessToken;
}

/** Every file that is due gets what its account has now, and so does every one whose token is spent. */
async function updateFiles(deps: RefreshDeps, { login, untouched, result }: Refreshed): Promise<FileRenewals> {
  const { root, files: memory, signal, uninterrupted } = deps;
  const { account, files } = login;
  const isUsable = result?.kind === 'usable';
  const isSpent = knownSpent(root, memory.read);
  const behind = files.filter(
    ({ file, why }) => (why !== undefined && isUsable) || isSpent(file.login.tokens.refreshToken),
  );
  const others = dueOnly(files, result && accountRenewal(login, result));
  if (behind.length === 0) return new Map([...others, ...untouched]);
  const how = isUsable && result.how === 'refreshed' ? 'refreshed' : 'adopted';
  try {
    const handed = await withPersonLock(root, account, { signal }, () =>
      uninterrupted(() => {
        const { tokens } = findStored(readAllScopes(root.paths, memory.read), account.id);
        return handOut(deps, { files: behind.map(({ file }) => file), tokens, how, safeIn: 'the pool' });
      }),
    );
    return new Map([...others, ...handed, ...untouched]);
  } catch (error) {
    const failure = failedBy(error);
    return new Map([...others, ...behind.map(({ file }) => [file.path, failure] as const), ...untouched]);
  }
}
