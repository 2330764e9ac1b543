import type { Account } from '../accounts/account.js';
import type { FlockHelper } from '../codex/credential-lock.js';
import type { CodexHome } from '../codex/home.js';
import type { HealthSettings } from '../health/events.js';
import type { HttpClient } from '../http/client.js';
import type { OpenEntry } from '../lineage/open-entry.js';
import type { ScopeRecords } from '../pools/scope-records.js';
import type { CallOptions, Provider } from '../provider/provider.js';
import type { Secret } from '../secret.js';
import { FileMemory } from '../storage/file-memory.js';
import type { Root } from '../storage/root.js';
import type { RefreshAnswer } from './journal-recovery.js';
import type { RefreshOutcome } from './refresh-outcome.js';
import { WriteGroup } from './write-group.js';

interface RefreshSettings extends HealthSettings {
  readonly tokenRefreshSkewMs: number;
  /** For a login that a home of the official client holds: replaces `tokenRefreshSkewMs` where it is longer. */
  readonly refreshAheadMs: number;
  readonly flagAfterConsecutiveFailures: number;
  readonly unansweredRetryMs: number;
}

/** What a refresh needs; only code that is handed this can spend a refresh token (P5). */
export interface RefreshDeps extends SideBySide {
  readonly root: Root;
  /** The official home of this run; the others that the root knows are found beside it. */
  readonly home: CodexHome;
  readonly http: HttpClient;
  readonly provider: Provider;
  readonly callOptions: CallOptions;
  readonly settings: RefreshSettings;
  readonly flockHelpers: readonly FlockHelper[];
  /** The pids of official clients that use a home. */
  readonly runningClients: (home: CodexHome) => readonly number[];
  /** Keeps Ctrl-C from cutting off a request that spends a token. */
  readonly uninterrupted: <T>(task: () => Promise<T>) => Promise<T>;
  /** Tells what the person should know although the refresh went well. */
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
  /** Absent where logins are shared with no other machine. */
  readonly custody?: Custody;
}

/** What refreshes that run side by side share. */
export interface SideBySide {
  readonly files: FileMemory;
  readonly answers: AnswerGroup;
}

export function sideBySide({ clock }: Pick<Root, 'clock'>): SideBySide {
  return { files: new FileMemory(clock), answers: new WriteGroup(clock) };
}

/** The answer to a refresh that is not in the pool yet. */
export interface ReceivedAnswer extends RefreshAnswer {
  readonly account: Account;
  readonly spent: Secret;
  readonly entry: OpenEntry;
}

/** Answers on their way into the pool, and the scopes as they are after that. */
type AnswerGroup = WriteGroup<ReceivedAnswer, readonly ScopeRecords[]>;

/**
 * Whether a login is this machine's to refresh, for a root that shares logins with other machines. Asked in the one place
 * that spends refresh tokens, with the lock of the person held.
 */
export interface Custody {
  /** Why the refresh token must not be sent now; undefined where it may: then the shared pool was told, if reached. */
  obstacleTo(account: Account, refreshToken: Secret): Promise<RefreshOutcome | undefined>;
  /** Brings a stored answer to the other machines. Never throws: the next exchange brings what this one could not. */
  hasRotated(account: Account): Promise<void>;
}
