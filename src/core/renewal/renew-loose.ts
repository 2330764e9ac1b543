import { accessSync, constants, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Account, describeAccount, type TokenSet } from '../accounts/account.js';
import { AppError } from '../errors.js';
import { tokensOfAnswer } from '../lineage/journal-overlay.js';
import { isKnownSpent, knownSpent } from '../lineage/lineage-log.js';
import { areTokensOf, nextTokens } from '../lineage/rotation.js';
import { finishFileRefresh } from '../logins/journal-recovery.js';
import { withPersonLock, withTokenLock } from '../logins/person-lock.js';
import type { RefreshDeps } from '../logins/refresh-deps.js';
import type { RefreshReason } from '../oauth/token-endpoint.js';
import type { Secret } from '../secret.js';
import { isKept, tryTo } from '../spending/refresh-commit.js';
import { isAboutToken } from '../spending/refusal.js';
import { type Exchange, exchangeToken } from '../spending/token-exchange.js';
import { entriesAbout, obstacleTo } from '../spending/unanswered.js';
import { writeError } from '../storage/file-errors.js';
import { placeOfFile } from '../storage/file-place.js';
import type { Root } from '../storage/root.js';
import { handOut, withWhereabouts } from './hand-out.js';
import { assertLoose, type Lead, newestOfFiles, whyLeadDue } from './loose-copies.js';
import type { DueReason, RenewalPolicy } from './policy.js';
import { failed, failedBy, ofOutcome, type Renewal } from './renewal.js';
import {
  accountOfFile,
  dueOnly,
  type FileRenewals,
  type FileTarget,
  readAgain,
  type TokenFile,
  withoutForeign,
} from './token-file.js';

/**
 * Renews token files of one login that is in no pool: in the same critical section and with the same journal as an
 * account of ours (P1–P4). The newest copy counts, one request is made at most, and every file gets the result.
 */
export async function renewLoose(
  deps: RefreshDeps,
  targets: readonly FileTarget[],
  policy: RenewalPolicy,
): Promise<FileRenewals> {
  const accounts = targets.map(({ file }) => accountOfFile(file));
  const owner = accounts.find(({ userId }) => userId !== undefined) ?? accounts[0];
  if (owner === undefined || targets.every(({ why }) => why === undefined)) return dueOnly(targets);
  const { root, signal, uninterrupted } = deps;
  try {
    return await withPersonLock(root, owner, { signal }, () => uninterrupted(() => renewInside(deps, targets, policy)));
  } catch (error) {
    return dueOnly(targets, failedBy(error));
  }
}

async function renewInside(
  deps: RefreshDeps,
  targets: readonly FileTarget[],
  policy: RenewalPolicy,
): Promise<FileRenewals> {
  const { root, home, provider } = deps;
  const { present, unreadable } = readAgain(targets);
  const { ours, foreign } = withoutForeign(present, provider);
  const untouched = new Map([...unreadable, ...foreign]);
  if (ours.every(({ why }) => why === undefined)) return new Map([...untouched, ...dueOnly(ours)]);
  const files = ours.map(({ file }) => file);
  await assertLoose(root, home, files);
  const lead = newestOfFiles(root, files);
  const seen = targets.map(({ file }) => file);
  const why = whyLeadDue(lead, seen, policy, root.clock.now());
  const renewals = why === undefined ? await adopt(deps, ours, lead) : await spendAlone(deps, ours, lead, why);
  return renewals === 'spent-meanwhile' ? renewInside(deps, targets, policy) : new Map([...untouched, ...renewals]);
}

/** The newest copy need not be renewed: the files that are due get it, and so do those whose own token is spent. */
async function adopt(deps: RefreshDeps, targets: readonly FileTarget[], lead: Lead): Promise<FileRenewals> {
  const { root } = deps;
  const { file, tokens } = lead;
  const isSpent = knownSpent(root);
  const behind = targets.filter(({ file, why }) => why !== undefined || isSpent(file.login.tokens.refreshToken));
  const files = behind.map(({ file }) => file);
  const safeIn = tokens === file.login.tokens ? file.name : root.paths.journal;
  const handed = await handOut(deps, { files, tokens, how: 'adopted', safeIn });
  return new Map([...dueOnly(targets), ...handed]);
}

/** Returns `spent-meanwhile` once at most for each token: the next round knows it as spent, and passes over it. */
async function spendAlone(
  deps: RefreshDeps,
  targets: readonly FileTarget[],
  lead: Lead,
  why: DueReason,
): Promise<FileRenewals | 'spent-meanwhile'> {
  const { refreshToken } = lead.tokens;
  if (refreshToken === undefined) {
    return dueOnly(targets, ofOutcome({ kind: 'no-refresh-token', account: lead.account }));
  }
  const { root, signal } = deps;
  return withTokenLock(root, refreshToken, { signal }, async () =>
    isKnownSpent(root, refreshToken) ? 'spent-meanwhile' : spend(deps, targets, { ...lead, refreshToken }, why),
  );
}

async function spend(
  deps: RefreshDeps,
  targets: readonly FileTarget[],
  { account, refreshToken }: Pick<Lead, 'account'> & { readonly refreshToken: Secret },
  why: DueReason,
): Promise<FileRenewals> {
  const obstacle = obstacleTo(deps, account, refreshToken);
  if (obstacle !== undefined) return dueOnly(targets, ofOutcome(obstacle));
  const files = targets.map(({ file }) => file);
  assertWritable(deps.root, files);
  const tokenFiles = fitting(files.map(({ path }) => path));
  const exchange = await exchangeToken(deps, { account, refreshToken, reason: reasonOf(why), tokenFiles });
  if (exchange.kind === 'tokens') return store(deps, files, account, exchange);
  const { outcome } = exchange;
  // The provider has refused this token for good: an earlier request without an answer does not matter any more.
  if (outcome.kind === 'refused' && outcome.refusal.severity === 'hard') {
    const unanswered = entriesAbout(deps.root, refreshToken);
    for (const { path } of unanswered) rmSync(path, { force: true });
    if (unanswered.length > 0 && isAboutToken(outcome.refusal)) return dueOnly(targets, answerLost(account));
  }
  return dueOnly(targets, ofOutcome(outcome));
}

function answerLost(account: Account): Renewal {
  return failed({
    code: 'sign-in-needed',
    message: `an earlier refresh of ${describeAccount(account)} got no answer, and its token is spent now`,
    hint: 'codex-auth login',
  });
}

/** Throws `storage-write-failed` when no file could take the answer, as far as that can be seen before the token is spent. */
function assertWritable(root: Root, files: readonly TokenFile[]): void {
  const obstacles = files.map(({ path }) => whyNotReplaceable(root, path));
  if (obstacles.every((obstacle) => obstacle !== undefined)) throw obstacles.at(-1);
}

function whyNotReplaceable(root: Root, path: string): AppError | undefined {
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    return writeError(path, error);
  }
  const place = placeOfFile(root, path, { endsHardLink: true });
  if (place.kind === 'closed') return place.problem;
  if (place.kind === 'replaceable') return undefined;
  const details = { hint: 'mount its whole directory instead of the file', details: { path } };
  return new AppError('storage-write-failed', `cannot write ${path}: nothing can take the place of this file`, details);
}

export function reasonOf(why: DueReason): RefreshReason {
  return why === 'ends-soon' || why === 'no-access-token' ? 'proactive_expiry' : 'forced';
}

const roomForPaths = 2_000;

/** The header of a journal entry has room for some paths; one of them is enough to find the answer again. */
function fitting(paths: readonly string[]): string[] {
  let used = 0;
  return paths.filter((path, position) => {
    used += Buffer.byteLength(JSON.stringify(path)) + 1;
    return position === 0 || used <= roomForPaths;
  });
}

/** Stores an answer: journal, then every file. Where a file fails, the journal keeps it for the next renewal (P3). */
async function store(
  deps: RefreshDeps,
  files: readonly TokenFile[],
  account: Account,
  { answer, entry, header }: Extract<Exchange, { kind: 'tokens' }>,
): Promise<FileRenewals> {
  const { paths } = deps.root;
  const isRecorded = (await isKept(entry, answer)) || (await isKept(entry, answer));
  const safeIn = isRecorded ? paths.journal : undefined;
  try {
    const renewals = await handOut(deps, {
      files,
      tokens: renewedTokens(account, tokensOfAnswer(answer)),
      how: 'refreshed',
      safeIn,
      first: (open) => finishFileRefresh(open, { header, answer }),
    });
    const isDone = [...renewals.values()].every(({ kind }) => kind === 'renewed');
    // A leftover entry costs nothing: the next process that opens the store sees that its answer has arrived.
    tryTo(() => (isDone ? entry.discard() : entry.leave()));
    return renewals;
  } catch (error) {
    tryTo(() => entry.leave());
    return new Map(files.map((file) => [file.path, failedBy(withWhereabouts(error, file, safeIn))]));
  }
}

/** An answer can be for another workspace of the login than that of `account`. */
function renewedTokens({ tokens, ...account }: Account, received: Partial<TokenSet>): TokenSet {
  if (areTokensOf({ ...account, tokens }, received)) return nextTokens(tokens, received);
  const { refreshToken } = tokens;
  return { generation: 0, ...(refreshToken === undefined ? {} : { refreshToken }), ...received };
}
