import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import { databaseAddress } from '../../core/sharing/address.js';
import { forgetShareKey, shareKeyPlace } from '../../core/sharing/key-store.js';
import { forgetShare, leaveShare } from '../../core/sharing/membership.js';
import { readShare, type ShareState } from '../../core/sharing/share-file.js';
import { notJoined } from '../../core/sharing/share-problem.js';
import type { Root } from '../../core/storage/root.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import type { Theme } from '../render/theme.js';
import { callShare } from '../sharing/share-call.js';
import { askConsent } from '../terminal/ask-consent.js';

const ShareLeaveResult = z.object({
  /** Without user and password; absent where a damaged file did not say it. */
  database: z.exactOptional(z.string()),
  /** How many logins were kept here, and what became of them. */
  kept: z.number(),
  outcome: z.enum(['withdrawn', 'given', 'forgotten']),
});
type ShareLeaveResult = z.infer<typeof ShareLeaveResult>;

export interface ShareLeaveOptions {
  /** Leave the logins that are kept here to the other machines. */
  readonly give?: boolean;
  /** Without telling the database. */
  readonly forget?: boolean;
  readonly yes?: boolean;
}

async function leave(context: Context, options: ShareLeaveOptions): Promise<ShareLeaveResult> {
  const { root } = context;
  const { give = false, forget = false } = options;
  // Only the key is there where this command was killed at its very end, or `share init` before its beginning.
  const keyAlone = shareKeyPlace(root) === undefined ? undefined : { rows: [] };
  const state: Known | undefined = (forget ? readIfGood(root) : readShare(root)) ?? keyAlone;
  if (state === undefined) throw notJoined();
  const { url, rows } = state;
  const mine = countOf(rows, 'keeper');
  if (options.yes !== true) await askToLeave(context, rows, options);
  await callShare(context, 'Leaving the shared pool', async (deps, deadlineMs) => {
    if (forget || url === undefined) await forgetShare(context);
    else await leaveShare(deps, { give, deadlineMs });
    await forgetShareKey(root);
  });
  const outcome = forget ? 'forgotten' : give ? 'given' : 'withdrawn';
  return { ...(url === undefined ? {} : { database: databaseAddress(url).shown }), kept: mine, outcome };
}

type Known = Pick<ShareState, 'rows'> & Partial<ShareState>;

/**
 * What this machine knows of the pool, which may be damaged and still be forgotten. Undefined where there is nothing.
 */
function readIfGood(root: Root): Known | undefined {
  try {
    return readShare(root);
  } catch (error) {
    if (error instanceof AppError && error.code === 'storage-corrupt') return { rows: [] };
    throw error;
  }
}

function countOf(rows: ShareState['rows'], role: 'keeper' | 'copy'): number {
  return rows.filter((row) => row.role === role && row.state === 'live').length;
}

type Asked = Pick<ShareLeaveOptions, 'give' | 'forget'>;

async function askToLeave(context: Context, rows: ShareState['rows'], asked: Asked): Promise<void> {
  const consequences = consequencesOf(rows, asked);
  const said = consequences.length === 0 ? '' : `: ${consequences.join('; ')}`;
  await askConsent(context, {
    question: `Leave the shared pool${said}?`,
    otherwise: 'nothing was changed',
    would: `this machine would leave the shared pool${said}`,
  });
}

function consequencesOf(rows: ShareState['rows'], { give, forget }: Asked): string[] {
  const [kept, copies] = [countOf(rows, 'keeper'), countOf(rows, 'copy')];
  const clauses = [
    kept > 0 &&
      give === true &&
      `${logins(kept)} kept here can be taken by the other machines, and cannot be renewed here any more`,
    kept > 0 && give !== true && `${logins(kept)} kept here stay here and are shared no more`,
    copies > 0 && `${logins(copies)} kept elsewhere cannot be renewed here any more`,
    forget === true && 'the database is not told, so that the other machines take this one for the keeper still',
  ];
  return clauses.filter((clause) => clause !== false);
}

function logins(count: number): string {
  return count === 1 ? '1 login' : `${count} logins`;
}

function renderLeave(
  { database = 'that database', kept, outcome }: ShareLeaveResult,
  { color, symbols }: Theme,
): string {
  const stay = {
    withdrawn: `; ${logins(kept)} stay here and are shared no more`,
    given: `; ${logins(kept)} can be taken by the other machines: codex-auth share take`,
    forgotten: '; the database was not told',
  }[outcome];
  const what = kept === 0 && outcome !== 'forgotten' ? '' : stay;
  return `${color.green(symbols.ok)} Left the shared pool in ${database}${what}\n`;
}

export const shareLeaveCommand: Command<ShareLeaveOptions, ShareLeaveResult> = {
  name: 'share-leave',
  schema: ShareLeaveResult,
  run: leave,
  render: renderLeave,
};
