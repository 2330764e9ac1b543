import * as z from 'zod/mini';
import { findSame } from '../../core/accounts/identity.js';
import { listSessionFiles } from '../../core/codex/sessions.js';
import { readThread, type Thread } from '../../core/codex/thread.js';
import { definedOnly } from '../../core/defined-only.js';
import { toIso } from '../../core/instant.js';
import { readAllScopes } from '../../core/pools/scope-files.js';
import { recordsOf } from '../../core/pools/scope-records.js';
import type { Context } from '../program/context.js';
import { AccountRef, accountRef } from '../views/account-ref.js';

export const ThreadView = z.object({
  /** The id by which the official client resumes it. */
  id: z.string(),
  path: z.string(),
  startedAt: z.exactOptional(z.iso.datetime()),
  writtenAt: z.iso.datetime(),
  cwd: z.exactOptional(z.string()),
  firstWords: z.exactOptional(z.string()),
  /** Whose it is; absent where that is none of the stored accounts, or not known. */
  account: z.exactOptional(AccountRef),
});
export type ThreadView = z.infer<typeof ThreadView>;

export interface ThreadChoice {
  /** Begun in this directory. */
  readonly cwd?: string | undefined;
  readonly most: number;
}

/** The conversations of the official client, the latest first, without the tasks that other conversations began. */
export function latestThreads(context: Context, { cwd, most }: ThreadChoice): ThreadView[] {
  const ownerOf = owners(context);
  const found: ThreadView[] = [];
  for (const { path, writtenAt } of listSessionFiles(context.home.directory, context.warn)) {
    if (found.length >= most) break;
    const thread = readThread(path);
    if (thread.isTask || (cwd !== undefined && thread.cwd !== cwd)) continue;
    const { id, startedAt, firstWords } = thread;
    found.push(
      definedOnly({
        ...{ id, path },
        startedAt: toIso(startedAt),
        writtenAt: toIso(writtenAt),
        ...{ cwd: thread.cwd, firstWords, account: ownerOf(thread) },
      }),
    );
  }
  return found;
}

function owners({ root, options }: Context) {
  const scopes = readAllScopes(root.paths).map((scope) => recordsOf([scope]));
  return ({ userId, accountId }: Thread) => {
    if (userId === undefined || accountId === undefined) return undefined;
    for (const records of scopes) {
      const owner = findSame(records, { userId, accountId });
      if (owner !== undefined) return accountRef(owner, records.indexOf(owner) + 1, options.mask === true);
    }
    return undefined;
  };
}
