import type { FlockHelper } from '../codex/credential-lock.js';
import type { CodexHome } from '../codex/home.js';
import type { HealthSettings } from '../health/events.js';
import type { HttpClient } from '../http/client.js';
import type { CallOptions, Provider } from '../provider/provider.js';
import type { Root } from '../storage/root.js';

export interface RefreshSettings extends HealthSettings {
  readonly tokenRefreshSkewMs: number;
  readonly flagAfterConsecutiveFailures: number;
  readonly unansweredRetryMs: number;
}

/** What a refresh needs; only code that is handed this can spend a refresh token (P5). */
export interface RefreshDeps {
  readonly root: Root;
  readonly home: CodexHome;
  readonly http: HttpClient;
  readonly provider: Provider;
  readonly callOptions: CallOptions;
  readonly settings: RefreshSettings;
  readonly flockHelpers: readonly FlockHelper[];
  /** The pids of official clients that use this home. */
  readonly runningClients: () => readonly number[];
  /** Keeps Ctrl-C from cutting off a request that spends a token. */
  readonly uninterrupted: <T>(task: () => Promise<T>) => Promise<T>;
  /** What the person should know although it went well. */
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}
