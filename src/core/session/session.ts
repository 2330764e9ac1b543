import type { Clock } from '../clock.js';
import type { CodexHome } from '../codex/home.js';
import type { Environment, Variables } from '../environment.js';
import type { AppError } from '../errors.js';
import type { HttpClient } from '../http/client.js';
import type { ProxyFor } from '../http/proxy-for.js';
import type { SideBySide } from '../logins/refresh-deps.js';
import type { Scope } from '../project/scope.js';
import type { CallOptions, Provider } from '../provider/provider.js';
import type { ResolvedSetting, Settings } from '../settings.js';
import type { ProcessTable } from '../storage/process-table.js';
import type { Root } from '../storage/root.js';

/** What a session takes from the process that it is opened in, so that a test can hand in its own. */
export interface SessionHost {
  readonly variables: Variables;
  readonly cwd: string;
  readonly clock: Clock;
  readonly processes: ProcessTable;
  /** Absent on Windows. */
  readonly effectiveUserId?: number;
  readonly platform: NodeJS.Platform;
  readonly architecture: string;
  /** Named to the provider in the user agent. */
  readonly version: string;
  /** Ends what is under way, apart from requests that spend a refresh token. */
  readonly signal: AbortSignal;
  /** Tasks that the process must wait for also after the signal; each is in the set while it runs. */
  readonly unfinished: Set<Promise<unknown>>;
  /** For a test that cannot wait as long as a request that spends a token may take; absent in the program. */
  readonly spendingDeadlineMs?: number;
  /** Called before a long pool is read; absent in a process that does more than read and print. */
  readonly expectLongRead?: () => void;
  /** How this process treats the index of the accounts; absent: it reads one, and leaves none. */
  readonly indexing?: Indexing;
}

export interface Indexing {
  /** Runs a task that only saves later runs time, once the answer is out. It returns whether it has kept anything. */
  readonly afterwards?: (task: () => boolean) => void;
  /** For a test that cannot wait until what it wrote is old enough; absent in the program. */
  readonly settledMs?: number;
}

/** What the caller wants of a session. */
export interface SessionWishes {
  /** The global accounts, whatever the directory. */
  readonly global?: boolean | undefined;
  /** The accounts of the project that this directory belongs to. */
  readonly project?: string | undefined;
  /** A settings file in place of the one in the root. */
  readonly config?: string | undefined;
  /** The proxy for every request, or `none`. */
  readonly proxy?: string | undefined;
  /** Seconds that a request which spends nothing may take. */
  readonly timeout?: number | undefined;
  /** Open it although the environment names no place for files: for commands that only look. */
  readonly anywhere?: boolean | undefined;
}

/** Shows how far a task is that is done for many items. */
export interface Progress {
  /** One more item is done. */
  step(): void;
  stop(): void;
}

/** Shows no progress. */
export const silent: Progress = { step: () => undefined, stop: () => undefined };

/** Is told what happens besides the result. */
export interface Listener {
  /** Something went otherwise than the person may think. The same message is not shown twice. */
  warn(message: string): void;
  /** Something was done that nobody asked for by name. */
  note(message: string): void;
  /** Shows what is waited for now; without a message it ends that. */
  status(message?: string): void;
  /** Begins a task of `total` items; without a total its length is unknown. */
  progress(what: string, total?: number): Progress;
  /**
   * Returns the function that asks the person before something that is not easily taken back, or undefined where nobody
   * can answer. To find that out opens a stream, so that it waits until then. A no throws `declined` with `otherwise`.
   */
  readonly consent?: () => ((question: string, otherwise: string) => Promise<void>) | undefined;
}

/** Whom we talk to, and how each call introduces itself. */
export interface ProviderAccess {
  readonly provider: Provider;
  readonly callOptions: CallOptions;
}

/**
 * Where the accounts are, how the provider is reached and who is told what happens: all that a use case needs. Cheap parts
 * are values; costly ones are made when they are first asked for.
 */
export interface Session extends Listener {
  readonly clock: Clock;
  readonly environment: Environment;
  readonly home: CodexHome;
  readonly root: Root;
  readonly signal: AbortSignal;
  readonly platform: NodeJS.Platform;
  /** The version of this program. */
  readonly version: string;
  /** Why the environment names no place for `home` and `root`; only in a session that was opened `anywhere`. */
  readonly misplacement?: AppError;
  /** Throws `usage` where the directory has been removed. */
  cwd(): string;
  /** From here on the root may be a directory with other things in it, because the person has agreed. */
  adoptRoot(): void;
  /** Where the settings are read from. */
  readonly settingsFile: string;
  resolvedSettings(): readonly ResolvedSetting[];
  settings(): Settings;
  /** Whether `--global` or `--project` was given; without either, commands that repair look at all pools. */
  readonly isScopeNamed: boolean;
  /** For reading, a broken repository means the global scope and a warning; for writing it is an error. */
  readingScope(): Scope;
  writingScope(): Scope;
  /** The first call warns of variables that override the provider's addresses. */
  provider(): ProviderAccess;
  http(): Promise<HttpClient>;
  /** What all refreshes of this session share, so that answers that arrive together are stored in one write. */
  shared(): SideBySide;
  /** How a request to an address leaves the machine: directly or through a proxy. May ask the system. */
  readonly proxyFor: ProxyFor;
  /**
   * Runs something that the signal must not cut off, such as a request that spends a refresh token: `close` waits for it,
   * so that an answer is never thrown away.
   */
  uninterrupted<T>(task: () => Promise<T>): Promise<T>;
  readonly expectLongRead?: () => void;
  readonly indexing?: Indexing;
  /** Waits for what must not be cut off and closes connections. */
  close(): Promise<void>;
}

/** Awaits `work`, with a progress line that says what is waited for. */
export async function whileWaiting<T>({ progress }: Listener, what: string, work: Promise<T>): Promise<T> {
  const waiting = progress(what);
  try {
    return await work;
  } finally {
    waiting.stop();
  }
}
