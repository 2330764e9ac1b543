import type { Decision } from '../core/decision/decide.js';
import type { HealthEvent } from '../core/health/events.js';
import type { ProbingOptions } from '../core/session/quota-probing.js';
import type { SignInRequest } from '../core/sign-in/sign-in.js';
import type {
  AccessToken,
  AccountCheck,
  AccountSummary,
  AccountUsage,
  BestAccount,
  DiagnosisRow,
  ModelTrial,
  RenewedLogin,
  RepairedAccount,
  SignedIn,
  Switched,
  VerifiedLogin,
} from './results.js';

export interface DecideRequest {
  readonly model?: string;
  /** A conversation that should stay on its account. */
  readonly session?: string;
}

export interface AskRequest extends ProbingOptions {
  /** One account, by index, email, label or id; without it all that are enabled. */
  readonly selector?: string;
}

export interface BestRequest extends DecideRequest, ProbingOptions {
  /** Make it the official client's login. */
  readonly switch?: boolean;
  /** An account may be chosen that would go on with credits. */
  readonly allowCredits?: boolean;
}

/**
 * The accounts of one scope, for a program. Each call reads what is on disk at that moment. What cannot be done throws an
 * `AppError`, whose `code` says why; what happens to one account of several is told with that account.
 */
export interface CodexAuth {
  list(): AccountSummary[];
  /** Which account to use, from what is known; sends no request. */
  decide(request?: DecideRequest): Decision;
  /**
   * An access token that is good now, refreshed if it is due: one request across all processes, never a token lost.
   * Throws an {@link AppError} whose `code` says why there is none.
   */
  accessToken(selector: string): Promise<AccessToken>;
  /** Tells how a request with the account went, for its health and cooldowns. Throws `no-such-account` for an unknown id. */
  record(id: string, event: HealthEvent): Promise<void>;
  /** Ties a conversation to an account, or renews the tie. Throws `no-such-account` for an unknown id. */
  keepSession(session: string, id: string): Promise<void>;
  /**
   * Signs a person in, in a browser that comes back to this machine or with a code on any device, and stores the login;
   * the answer says whose it is and whether it was there before. The official client's login stays what it is, unless
   * it is of the same account: then the new login replaces it. Waits up to ten minutes for the person, fifteen with a
   * code.
   */
  signIn(request: SignInRequest): Promise<SignedIn>;
  /** Quota from the free endpoint, asked for where what is known is old. */
  usage(request?: AskRequest): Promise<AccountUsage[]>;
  /** Refreshes what is due and asks whether each login is let in. */
  check(request?: Pick<AskRequest, 'selector' | 'live'>): Promise<AccountCheck[]>;
  /** The decision after asking for the quota that is old. */
  forecast(request?: Pick<DecideRequest, 'model'> & ProbingOptions): Promise<Decision>;
  /** The account to use now; with `session` remembered for that conversation. */
  best(request?: BestRequest): Promise<BestAccount>;
  /**
   * Makes an account the official client's login. With `replace`, even a login there that no account can take in is
   * replaced, and a copy kept.
   */
  switchTo(selector: string, choices?: { readonly replace?: boolean }): Promise<Switched>;
  /** Repairs what is wrong with the records of accounts. */
  fix(choices?: { readonly dryRun?: boolean }): Promise<RepairedAccount[]>;
  /** Tries the accounts that are set aside, and brings back those that work unless `restore` is false. */
  verifyFlagged(choices?: { readonly restore?: boolean }): Promise<VerifiedLogin[]>;
  /** Refreshes what ends soon; without targets every enabled account. */
  renew(
    targets?: readonly string[],
    choices?: { readonly beforeMs?: number; readonly force?: boolean },
  ): Promise<RenewedLogin[]>;
  /** Tries models with the smallest request, which spends a little quota for each model and account. */
  models(request?: { readonly selector?: string; readonly models?: readonly string[] }): Promise<ModelTrial[]>;
  /** Looks at everything the logins depend on, and repairs it with `fix`. */
  doctor(choices?: { readonly fix?: boolean; readonly offline?: boolean }): Promise<DiagnosisRow[]>;
  /** Closes connections, so that the process can end. Never throws because they could not be opened. */
  close(): Promise<void>;
}

export interface CodexAuthOptions {
  /** Usually `process.env`: decides where the accounts are, as for the command line. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Usually `process.cwd()`: decides whose project's accounts are meant. */
  readonly cwd: string;
  /** The global accounts, whatever the directory. */
  readonly global?: boolean;
  /** Named to the provider in the user agent, behind our own name: letters, digits, dots and dashes. */
  readonly callerName?: string;
  /** Called with what a person should know of a call that went well, such as that it went to a stand-in; each once. */
  readonly onWarning?: (message: string) => void;
  /** Ends what is under way, apart from a request that spends a refresh token: calls then throw `interrupted`. */
  readonly signal?: AbortSignal;
}
