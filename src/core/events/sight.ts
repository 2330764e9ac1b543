/** How one account stands at one moment, as far as somebody may want to be told of it. Times are milliseconds since the epoch. */
export interface AccountSight {
  readonly id: string;
  /** How it is called. */
  readonly name: string;
  readonly email?: string;
  readonly label?: string;
  /** Why it was set aside; then nothing else counts. */
  readonly setAside?: string;
  /** Why only a person can bring the login back. */
  readonly signInNeeded?: string;
  /** Present while nothing is left to use. */
  readonly exhausted?: { readonly availableAt?: number };
  /** What is left of each window that binds; absent while not everything that binds is known. */
  readonly windows?: readonly SeenWindow[];
  /** Reset credits, and when the first of them ends. */
  readonly credits?: { readonly count: number; readonly expiresAt: number };
}

export interface SeenWindow {
  readonly id: string;
  readonly limitName?: string;
  readonly remainingPercent: number;
  readonly resetsAt?: number;
}

/** Whose login a home of the official client has. */
export interface HomeSight {
  /** Its directory. */
  readonly home: string;
  /** The id of the account; absent where it has none of ours. */
  readonly accountId?: string;
}

/** Everything that is seen in one look. */
export interface Sight {
  readonly at: number;
  readonly accounts: readonly AccountSight[];
  readonly homes: readonly HomeSight[];
}
