import { createHash, randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import * as z from 'zod/mini';
import { definedOnly } from '../defined-only.js';
import { AppError } from '../errors.js';
import { jsonIn } from '../json-text.js';
import { readDirectory, readVersion } from '../storage/atomic-file.js';
import type { Root } from '../storage/root.js';

// An entry is one file: a header that says which token is about to be spent, and room for the answer. Everything is
// allocated and synced before the request, so that a full disk stops us while the token is still unspent (P3). The
// answer goes below the header, never over it: a torn write costs the answer, not the knowledge that we asked.

export const headerSize = 4 * 1024;

/** The end of an entry's name when its process has given the entry up, although the process may still be alive. */
export const leftSuffix = '.left.json';

const Owner = z.object({
  pid: z.number(),
  startedAt: z.optional(z.string()),
  bootId: z.optional(z.string()),
  pidNamespace: z.optional(z.string()),
  host: z.string(),
});

const Header = z.object({
  version: z.literal(1),
  kind: z.enum(['refresh', 'sign-in']),
  /** When it was sent, or about to be. */
  startedAt: z.number(),
  /** How often the token has been sent, this time included; entries of older versions do not say. */
  tries: z.optional(z.number()),
  /** The process that waits for the answer. */
  owner: Owner,
  /** SHA-256 of the refresh token that the request spends; absent for a sign-in. */
  spent: z.optional(z.string()),
  /** The accounts whose records held that token. */
  accountIds: z.array(z.string()),
  /** For a sign-in: the scope that takes the new account, and its label. */
  scopeKey: z.optional(z.string()),
  label: z.optional(z.string()),
  /** Token files outside of the root that held the spent token and are to get the answer. */
  tokenFiles: z.optional(z.array(z.string())),
  issuer: z.string(),
  clientId: z.string(),
});

const text = z.optional(z.string());
/** Strict, because an answer with other members may hold tokens under names that are not read here. */
const Answer = z.strictObject({
  refreshToken: text,
  accessToken: text,
  idToken: text,
  expiresAt: z.optional(z.number()),
  receivedAt: z.number(),
});

/** What is known before the request is sent. */
export type JournalHeader = z.infer<typeof Header>;
/** The tokens the provider answered with, in the clear: this is what the journal is for. */
export type JournalAnswer = z.infer<typeof Answer>;

/** `pending` means: sent or about to be, and nobody knows what became of it. */
export interface JournalEntry {
  readonly path: string;
  readonly header: JournalHeader;
  readonly answer?: JournalAnswer;
  /** The answer is torn or of another shape, and its refresh token is all that is read of it. */
  readonly isSalvaged?: true;
  /** Nobody works on it any more, even if the process that made it lives on. */
  readonly isLeft: boolean;
}

/** An entry of the journal that cannot be read. It is kept, and no token is spent that it may be about. */
export interface UnreadableEntry {
  readonly path: string;
  readonly isLeft: boolean;
  /** Absent where not even that can be read. */
  readonly header?: JournalHeader;
  /** The fingerprint of the token it is about; absent where it does not say. */
  readonly spent?: string;
  /** What is wrong, as the rest of a sentence about the file. */
  readonly problem: string;
  /** It is about a sign-in, which spends no token of ours. */
  readonly isSignIn: boolean;
  /** There is more in it than what was known before the request. */
  readonly mayHoldTokens: boolean;
  /** That is whole, in the form that is known here. */
  readonly answer?: JournalAnswer;
}

export interface Journal {
  /** Oldest first. */
  readonly entries: readonly JournalEntry[];
  readonly unreadable: readonly UnreadableEntry[];
}

export function fingerprint(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The name of the file of an entry: when it was made, and which token it is about. */
export function entryName({ startedAt, spent }: Pick<JournalHeader, 'startedAt' | 'spent'>): string {
  const about = spent === undefined ? [] : [spent.slice(0, printLength)];
  return `${[startedAt, ...about, randomBytes(6).toString('hex')].join('-')}.json`;
}

const printLength = 16;
const namedAfter = new RegExp(`^\\d+-([0-9a-f]{${printLength}})-[0-9a-f]+\\.`);

/** Whether the name of an entry says that it is about the token with this fingerprint. */
export function isNamedAfter(path: string, spent: string): boolean {
  const print = namedAfter.exec(basename(path))?.[1];
  return print !== undefined && spent.startsWith(print);
}

/** Names of sign-ins and of older versions do not say which token they are about. */
function mayBeNamedAfter(name: string, spent: string): boolean {
  const print = namedAfter.exec(name)?.[1];
  return print === undefined || spent.startsWith(print);
}

/** Every readable entry, oldest first. */
export function readEntries(directory: string): readonly JournalEntry[] {
  return readJournal(directory).entries;
}

/** `spent` leaves out, unread, what is about another token than the one with this fingerprint. */
export function readJournal(directory: string, { spent }: { readonly spent?: string } = {}): Journal {
  const read = readDirectory(directory)
    .filter((name) => name.endsWith('.json') && (spent === undefined || mayBeNamedAfter(name, spent)))
    .sort()
    .flatMap((name) => readEntry(join(directory, name)) ?? []);
  return {
    entries: read.filter((entry): entry is JournalEntry => !isUnreadable(entry)),
    unreadable: read.filter(isUnreadable),
  };
}

function isUnreadable(entry: JournalEntry | UnreadableEntry): entry is UnreadableEntry {
  return 'problem' in entry;
}

/** Whether the process that sent it still waits for the answer, or is about to store it. */
export function isUnderWay({ processes }: Pick<Root, 'processes'>, { isLeft, header }: JournalEntry | UnreadableEntry) {
  return !isLeft && header !== undefined && processes.stateOf(definedOnly(header.owner)) === 'alive';
}

function readEntry(path: string): JournalEntry | UnreadableEntry | undefined {
  const content = contentOf(path);
  if (content === undefined) return undefined;
  const isLeft = path.endsWith(leftSuffix);
  const { head, region } = content;
  const parsed = jsonIn(head);
  const { success, data: header } = Header.safeParse(parsed);
  if (success) return { path, isLeft, header, ...answerOf(header, region) };
  if (parsed === undefined && wasNeverSent(head, region)) return undefined;
  return { path, isLeft, ...describeStranger(head, region, content.problem) };
}

/** Header and answer are told apart by bytes: a label may have characters of several bytes. */
function contentOf(path: string): { head: string; region: string; problem?: string } | undefined {
  try {
    const version = readVersion(path);
    if (version.kind === 'absent') return undefined;
    const { bytes } = version;
    return { head: bytes.toString('utf8', 0, headerSize), region: bytes.toString('utf8', headerSize) };
  } catch (error) {
    if (error instanceof AppError) return { head: '', region: '?', problem: `cannot be read (${error.message})` };
    throw error;
  }
}

/** The header is synced before the request. So a torn header with nothing below it is of a run that sent nothing. */
function wasNeverSent(head: string, region: string): boolean {
  return isBlank(region) && (isBlank(head) || head.startsWith('{'));
}

function isBlank(content: string): boolean {
  return /^[\s\0]*$/.test(content);
}

/** An entry of another version or shape, or one that is damaged: as much of it as can be told. */
function describeStranger(head: string, region: string, problem: string | undefined) {
  const version = /"version":\s*(\d+)/.exec(head)?.[1];
  const isOtherVersion = version !== undefined && version !== '1';
  return definedOnly({
    spent: /"spent":\s*"([0-9a-f]{64})"/.exec(head)?.[1],
    problem: problem ?? (isOtherVersion ? `is of version ${version}, which is not known here` : 'is damaged'),
    isSignIn: /"kind":\s*"sign-in"/.test(head),
    mayHoldTokens: !isBlank(region),
    answer: isOtherVersion ? undefined : readAnswer(region),
  });
}

/** Nothing below the header: no answer. Text there without a refresh token that can be read: an unreadable entry. */
function answerOf(header: JournalHeader, region: string) {
  if (isBlank(region)) return {};
  const answer = readAnswer(region);
  if (answer !== undefined) return { answer };
  const refreshToken = /"refresh(?:Token|_token)":\s*"([^"\\]+)"/.exec(region)?.[1];
  if (refreshToken !== undefined) {
    return { answer: { refreshToken, receivedAt: header.startedAt }, isSalvaged: true as const };
  }
  return definedOnly({
    spent: header.spent,
    problem: 'holds an answer that cannot be read',
    isSignIn: header.kind === 'sign-in',
    mayHoldTokens: true,
  });
}

function readAnswer(region: string): JournalAnswer | undefined {
  const [line = ''] = region.split('\n', 1);
  const separator = line.indexOf(' ');
  const payload = line.slice(separator + 1);
  if (separator !== 64 || fingerprint(payload) !== line.slice(0, separator)) return undefined;
  const { data } = Answer.safeParse(jsonIn(payload));
  return data?.refreshToken || data?.accessToken || data?.idToken ? data : undefined;
}
