import * as z from 'zod/mini';
import type { FlaggedAccount } from '../../core/accounts/account.js';
import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import { reasonText } from '../../core/logins/flag-reason.js';
import { printable } from '../../core/printable.js';
import { meaningOf } from '../../core/provider/refusal-codes.js';
import { predictFlagged, type VerifiedAccount, verifyFlagged } from '../../core/session/flagged-verification.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { nameOf } from '../render/account-table.js';
import type { Theme } from '../render/theme.js';
import { warnIfFlaggedInUse } from '../switching/set-aside.js';
import { shownEmail } from '../views/account-ref.js';
import { providerReasonShape } from '../views/probe-failure.js';

const Outcome = z.enum([
  'restored',
  'still-flagged',
  'healthy',
  'rate-limited',
  'unverified',
  'would-restore',
  'would-stay-flagged',
  'unknown-without-refresh',
]);
type Outcome = z.infer<typeof Outcome>;

const VerifiedView = z.object({
  id: z.string(),
  email: z.exactOptional(z.string()),
  accountId: z.exactOptional(z.string()),
  outcome: Outcome,
  previousReason: z.string(),
  /** Why it is not back, or not known to work; absent when all is well. */
  reason: z.exactOptional(z.string()),
  ...providerReasonShape,
  /** Absent when it has never been verified. */
  lastVerified: z.exactOptional(z.iso.datetime()),
  verificationCount: z.number(),
});
type VerifiedView = z.infer<typeof VerifiedView>;

const VerifyFlaggedResult = z.object({
  dryRun: z.boolean(),
  restore: z.boolean(),
  total: z.number(),
  restored: z.number(),
  healthy: z.number(),
  stillFlagged: z.number(),
  rateLimited: z.number(),
  unverified: z.number(),
  wouldRestore: z.number(),
  wouldStayFlagged: z.number(),
  unknown: z.number(),
  results: z.array(VerifiedView),
});
type VerifyFlaggedResult = z.infer<typeof VerifyFlaggedResult>;

export interface VerifyFlaggedOptions {
  readonly dryRun?: boolean;
  /** False with `--no-restore`. */
  readonly restore: boolean;
  /** False with `--no-probe`. */
  readonly probe: boolean;
}

async function verify(context: Context, options: VerifyFlaggedOptions): Promise<VerifyFlaggedResult> {
  const dryRun = options.dryRun === true;
  const verified = dryRun ? await predictFlagged(context, options) : await verifyFlagged(context, options);
  if (verified.length > 0) warnIfFlaggedInUse(context, dryRun ? context.readingScope() : context.writingScope());
  const results = verified.map((each) => viewOf(context, each));
  const count = (outcome: Outcome) => results.filter((each) => each.outcome === outcome).length;
  return {
    dryRun,
    restore: options.restore,
    total: results.length,
    restored: count('restored'),
    healthy: count('healthy'),
    stillFlagged: count('still-flagged'),
    rateLimited: count('rate-limited'),
    unverified: count('unverified'),
    wouldRestore: count('would-restore'),
    wouldStayFlagged: count('would-stay-flagged'),
    unknown: count('unknown-without-refresh'),
    results,
  };
}

function viewOf(context: Context, verified: VerifiedAccount): VerifiedView {
  const { account, outcome, reason, said = {}, lastVerifiedAt, count } = verified;
  const { id, accountId, flag }: FlaggedAccount = account;
  return definedOnly({
    id,
    email: shownEmail(account.email, context.options.mask === true),
    accountId,
    outcome,
    previousReason: flag.reason,
    reason,
    ...said,
    lastVerified: toIso(lastVerifiedAt),
    verificationCount: count,
  });
}

function renderVerifyFlagged(result: VerifyFlaggedResult, theme: Theme): string {
  if (result.total === 0) return `${theme.color.green(theme.symbols.ok)} No account is set aside.\n`;
  const lines = result.results.map((each) => lineOf(each, result.results, theme));
  return [...lines, summaryOf(result)].map((line) => `${line}\n`).join('');
}

function lineOf(each: VerifiedView, all: readonly VerifiedView[], { color, symbols }: Theme): string {
  const { outcome, previousReason, reason, providerMessage } = each;
  const name = distinctName(each, all);
  const words = providerMessage === undefined ? '' : ` (“${printable(providerMessage)}”)`;
  const why = reason === undefined ? '' : `: ${reasonText(reason)}${words}`;
  const was = `was set aside because ${reasonText(previousReason)}`;
  const bringsBack = ` ${symbols.arrow} ${bringsBackAfter(reason)}`;
  switch (outcome) {
    case 'restored':
      return `${color.green(symbols.ok)} ${name} works and is back in its pool; it ${was}`;
    case 'healthy':
      return `${color.green(symbols.ok)} ${name} works; it stays set aside until you restore it`;
    case 'rate-limited':
      return `${color.yellow(symbols.warning)} ${name} works, but stays set aside for now${why}`;
    case 'still-flagged':
      return `${color.red(symbols.error)} ${name} stays set aside${why}${bringsBack}`;
    case 'unverified':
      return `${color.yellow(symbols.warning)} ${name} could not be verified${why}`;
    case 'would-restore':
      return `${color.green(symbols.ok)} ${name} would be restored if its refresh token works; it ${was}`;
    case 'would-stay-flagged':
      return `${color.red(symbols.error)} ${name} would stay set aside${why}`;
    case 'unknown-without-refresh':
      return `${symbols.unknown} ${name}: only a refresh can tell${why}`;
  }
}

/** What brings the account back: a new login does not help where the account or this program is refused. */
function bringsBackAfter(reason: string | undefined): string {
  switch (meaningOf(reason)) {
    case 'account-blocked':
      return 'ask the provider or whoever runs the account, then try again';
    case 'client-refused':
      return 'update codex-auth, then try again';
    default:
      return 'codex-auth login';
  }
}

/** Two workspaces of one email are told apart by their account id. */
function distinctName(each: VerifiedView, all: readonly VerifiedView[]): string {
  const isShared = all.some(({ id, email }) => id !== each.id && email === each.email);
  return isShared ? `${nameOf(each)} (${each.accountId ?? each.id})` : nameOf(each);
}

function summaryOf(result: VerifyFlaggedResult): string {
  const { total, restored, healthy, stillFlagged, rateLimited, unverified } = result;
  const { wouldRestore, wouldStayFlagged, unknown } = result;
  const parts = [
    [restored, 'restored'],
    [healthy, 'healthy'],
    [stillFlagged, 'still flagged'],
    [rateLimited, 'rate limited'],
    [unverified, 'not verified'],
    [wouldRestore, 'would be restored'],
    [wouldStayFlagged, 'would stay flagged'],
    [unknown, 'unknown without a refresh'],
  ] as const;
  const counts = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return `${total} flagged account${total === 1 ? '' : 's'}: ${counts.join(', ')}`;
}

/** What a free look can end with although the account is not to blame. */
const failures = [
  'offline',
  'proxy',
  'timeout',
  'challenge',
  'region',
  'intercepted',
  'provider-error',
  'signed-out',
  'switched',
];

function isUnread({ outcome, reason = '' }: VerifiedView): boolean {
  return outcome === 'unverified' || (outcome === 'unknown-without-refresh' && failures.includes(reason));
}

export const verifyFlaggedCommand: Command<VerifyFlaggedOptions, VerifyFlaggedResult> = {
  name: 'verify-flagged',
  schema: VerifyFlaggedResult,
  run: verify,
  render: renderVerifyFlagged,
  exitCode: ({ results }) => (results.some(isUnread) ? 1 : 0),
  failureExitCode: (code) => (code === 2 || code === 130 ? code : 1),
};
