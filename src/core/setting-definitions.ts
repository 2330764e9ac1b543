import { eventNames } from './event-names.js';

interface SettingBase {
  readonly description: string;
}
export interface BooleanSetting extends SettingBase {
  readonly kind: 'boolean';
  readonly default: boolean;
}
export interface IntegerSetting extends SettingBase {
  readonly kind: 'integer';
  readonly default: number;
  readonly min: number;
  readonly max: number;
}
/** Words: of a program and its arguments, or out of a list of names. */
export interface ListSetting extends SettingBase {
  readonly kind: 'list';
  readonly default: readonly string[];
  /** The only words that it takes; absent where it takes any. */
  readonly choices?: readonly string[];
  /** What a person could set it to. */
  readonly example: readonly string[];
}
export type SettingDefinition = BooleanSetting | IntegerSetting | ListSetting;

/** Every setting there is, with its default and range. */
export const settingDefinitions = {
  perProjectAccounts: {
    kind: 'boolean',
    default: true,
    description: 'Keep a pool of its own for each Git repository, shared by all its worktrees.',
  },
  tokenRefreshSkewMs: {
    kind: 'integer',
    default: 60_000,
    min: 0,
    max: 3_600_000,
    description: 'Refresh an access token this long before it expires.',
  },
  refreshAheadMs: {
    kind: 'integer',
    default: 900_000,
    min: 0,
    max: 86_400_000,
    description:
      'Refresh a login that the official client uses this long before it expires, so that the client never has to; less than 6m leaves that to the client.',
  },
  unansweredRetryMs: {
    kind: 'integer',
    default: 300_000,
    min: 0,
    max: 3_600_000,
    description: 'After a refresh without an answer, leave its token alone for this long.',
  },
  flagAfterConsecutiveFailures: {
    kind: 'integer',
    default: 3,
    min: 1,
    max: 100,
    description: 'Set an account aside after this many refusals of its refresh token in a row.',
  },
  networkErrorCooldownMs: {
    kind: 'integer',
    default: 6_000,
    min: 0,
    max: 3_600_000,
    description: 'Leave an account alone for this long after a network or server error.',
  },
  quotaTtlMs: {
    kind: 'integer',
    default: 300_000,
    min: 0,
    max: 86_400_000,
    description: 'Ask for the quota again when what is known is this old.',
  },
  probeConcurrency: {
    kind: 'integer',
    default: 8,
    min: 1,
    max: 64,
    description: 'Ask about this many accounts at once.',
  },
  fetchTimeoutMs: {
    kind: 'integer',
    default: 15_000,
    min: 100,
    max: 120_000,
    description: 'Give each request for quota or workspaces at most this long.',
  },
  reservePercent: {
    kind: 'integer',
    default: 0,
    min: 0,
    max: 99,
    description: 'Leave this share of every window alone: an account that has no more left is not recommended.',
  },
  switchMarginPercent: {
    kind: 'integer',
    default: 12,
    min: 0,
    max: 225,
    description:
      'Leave the account in use only for one whose quota counts this many hundredths more: a move costs a lost prompt cache and restarted clients.',
  },
  dwellMs: {
    kind: 'integer',
    default: 600_000,
    min: 0,
    max: 86_400_000,
    description: 'After `best --switch` has switched, stay with that account for this long while it can be used.',
  },
  sessionAffinityTtlMs: {
    kind: 'integer',
    default: 1_200_000,
    min: 0,
    max: 86_400_000,
    description: 'Keep a conversation on its account while it is used at least once in this time.',
  },
  sessionAffinityMaxEntries: {
    kind: 'integer',
    default: 512,
    min: 1,
    max: 100_000,
    description: 'Remember the account of this many conversations; the oldest go first.',
  },
  proactiveRefreshIntervalMs: {
    kind: 'integer',
    default: 60_000,
    min: 1_000,
    max: 3_600_000,
    description:
      'While guarding, leave an account alone for this long after it was tried, and look at the clock this often, and at files whose changes the system does not tell.',
  },
  proactiveRefreshBufferMs: {
    kind: 'integer',
    default: 300_000,
    min: 0,
    max: 86_400_000,
    description: 'While guarding, refresh an access token this long before it expires.',
  },
  onEvent: {
    kind: 'list',
    default: [],
    example: ['/home/me/bin/on-event', '--quiet'],
    description:
      'While guarding, run this program with these arguments for each event, which it gets as JSON on standard input; no shell reads it.',
  },
  onEventTimeoutMs: {
    kind: 'integer',
    default: 10_000,
    min: 100,
    max: 600_000,
    description: 'End the program of `onEvent` when it takes longer than this.',
  },
  notify: {
    kind: 'boolean',
    default: false,
    description: 'While guarding, tell the desktop of each event.',
  },
  onlyEvents: {
    kind: 'list',
    default: [],
    choices: eventNames,
    example: ['quota-low', 'exhausted'],
    description: 'Tell `onEvent` and the desktop of these events only; empty: of all.',
  },
  lowQuotaPercent: {
    kind: 'integer',
    default: 10,
    min: 1,
    max: 99,
    description: 'A window with this share left, or less, is low.',
  },
  eventQuotaIntervalMs: {
    kind: 'integer',
    default: 600_000,
    min: 60_000,
    max: 86_400_000,
    description:
      'While guarding, read the quota of an account this often; only where somebody is told of an event that follows from it.',
  },
  renewBeforeDays: {
    kind: 'integer',
    default: 3,
    min: 0,
    max: 365,
    description: 'Renew an access token that ends within this time.',
  },
} as const satisfies Record<string, SettingDefinition>;
