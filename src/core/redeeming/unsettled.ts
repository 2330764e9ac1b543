import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import type { Account } from '../accounts/account.js';
import { isSameAccount } from '../accounts/identity.js';
import { definedOnly } from '../defined-only.js';
import { assertOurs } from '../storage/adoption.js';
import { type FileVersion, readVersion } from '../storage/atomic-file.js';
import { type LockHandle, withLock } from '../storage/file-lock.js';
import { corrupt, newerVersion, overwriteJson, parseJson } from '../storage/json-file.js';
import type { Root } from '../storage/root.js';

const text = z.exactOptional(z.string());

const StoredRequest = z.object({
  /** What the provider tells a repetition by. */
  requestId: z.string().check(z.minLength(1)),
  account: z.object({ id: z.string(), userId: text, accountId: text, email: text }),
  /** The credit that the person has agreed to spend; absent where the provider did not list it. */
  creditId: text,
  /** When it was first sent, or was about to be, and when last; milliseconds since the epoch. */
  startedAt: z.number(),
  askedAt: z.number(),
});

/** A request to spend a reset credit that has had no definite answer. */
export type UnsettledRequest = z.infer<typeof StoredRequest>;

const RequestsFile = z.object({ version: z.number(), unsettled: z.array(z.unknown()) });
const thisVersion = 1;

/** Longer than the request of another process takes, with the questions before it. */
const redeemWaitMs = 60_000;

/**
 * One process at a time spends a credit, so that the next one sees what came of it (P36). Taken before the locks that a
 * refresh and the store need, never after.
 */
export async function withRedeemLock<T>(
  root: Root,
  signal: AbortSignal | undefined,
  task: (lock: LockHandle) => Promise<T>,
): Promise<T> {
  assertOurs(root);
  const { clock, processes, paths, onWaiting } = root;
  return withLock(
    'redeem',
    { directory: paths.locks, clock, processes, onWaiting, waitMs: redeemWaitMs, signal },
    task,
  );
}

/**
 * The request of this account that has no answer yet. Throws where the file cannot be understood: a request that nobody
 * remembers would be made a second time under another id.
 */
export function unsettledOf(root: Pick<Root, 'paths'>, account: Account): UnsettledRequest | undefined {
  const isAbout = (asked: UnsettledRequest['account']) => asked.id === account.id || isSameAccount(asked, account);
  return readRequests(root).requests.find((each) => isAbout(each.account));
}

export function newRequest(
  { id, userId, accountId, email }: Account,
  creditId: string | undefined,
  now: number,
): UnsettledRequest {
  const account = definedOnly({ id, userId, accountId, email });
  return definedOnly({ requestId: randomUUID(), account, creditId, startedAt: now, askedAt: now });
}

/** Remembers a request, on disk when it returns. Throws `storage-write-failed`; then nothing may be sent. */
export function keepRequest(root: Root, lock: LockHandle, request: UnsettledRequest): void {
  changeRequests(root, lock, (requests) => [...without(requests, request), request]);
}

/** Forgets a request whose answer is known, and what follows from it stored. */
export function forgetRequest(root: Root, lock: LockHandle, request: UnsettledRequest): void {
  changeRequests(root, lock, (requests) => without(requests, request));
}

function without(requests: readonly UnsettledRequest[], { requestId }: UnsettledRequest): UnsettledRequest[] {
  return requests.filter((each) => each.requestId !== requestId);
}

function changeRequests(
  root: Root,
  lock: LockHandle,
  change: (requests: readonly UnsettledRequest[]) => readonly UnsettledRequest[],
): void {
  const { requests, version } = readRequests(root);
  overwriteJson(root, lock, root.paths.redemptions, version, { version: thisVersion, unsettled: change(requests) });
}

function readRequests({ paths }: Pick<Root, 'paths'>): {
  readonly requests: readonly UnsettledRequest[];
  readonly version: FileVersion;
} {
  const path = paths.redemptions;
  const version = readVersion(path);
  if (version.kind === 'absent') return { requests: [], version };
  const file = RequestsFile.safeParse(parseJson(path, version.content, wayOut(path)));
  if (!file.success) throw corrupt(path, 'it is no list of requests', wayOut(path));
  if (file.data.version > thisVersion) throw newerVersion(path, file.data.version);
  const requests = file.data.unsettled.map((each) => {
    const request = StoredRequest.safeParse(each);
    if (!request.success) throw corrupt(path, 'it holds something that is no request', wayOut(path));
    return request.data;
  });
  return { requests, version };
}

function wayOut(path: string): string {
  return `look at the provider what became of your credits, then move ${path} away`;
}
