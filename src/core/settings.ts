import { dayMs, durationText, parseDuration } from './duration.js';
import { AppError } from './errors.js';

interface SettingBase {
  readonly description: string;
}
interface BooleanSetting extends SettingBase {
  readonly kind: 'boolean';
  readonly default: boolean;
}
interface IntegerSetting extends SettingBase {
  readonly kind: 'integer';
  readonly default: number;
  readonly min: number;
  readonly max: number;
}
export type SettingDefinition = BooleanSetting | IntegerSetting;

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
    description: 'While guarding, look for tokens to refresh this often.',
  },
  proactiveRefreshBufferMs: {
    kind: 'integer',
    default: 300_000,
    min: 0,
    max: 86_400_000,
    description: 'While guarding, refresh an access token this long before it expires.',
  },
  renewBeforeDays: {
    kind: 'integer',
    default: 3,
    min: 0,
    max: 365,
    description: 'Renew an access token that ends within this time.',
  },
} as const satisfies Record<string, SettingDefinition>;

export type SettingName = keyof typeof settingDefinitions;
export type Settings = {
  readonly [K in SettingName]: (typeof settingDefinitions)[K]['kind'] extends 'boolean' ? boolean : number;
};
export type SettingValue = boolean | number;
export type SettingSource = 'default' | 'file' | 'environment';

export const settingNames = Object.keys(settingDefinitions) as SettingName[];

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingDefinitions, name);
}

/** `tokenRefreshSkewMs` → `CODEX_AUTH_TOKEN_REFRESH_SKEW_MS`. */
export function settingVariable(name: SettingName): string {
  return `CODEX_AUTH_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

export interface ResolvedSetting {
  readonly name: SettingName;
  readonly value: SettingValue;
  readonly default: SettingValue;
  readonly source: SettingSource;
}

type Stored = Readonly<Record<string, unknown>>;
type Variables = Readonly<Record<string, string>>;

/**
 * Each setting from the environment, else the file, else its default. Throws `invalid-setting` for a bad value;
 * `option` is what a command line names that file with, where it is not the usual one.
 */
export function resolveSettings(stored: Stored, variables: Variables, option = ''): ResolvedSetting[] {
  return settingNames.map((name) => resolveSetting(name, stored, variables, option));
}

/** The same for one setting, whatever is wrong with the others. */
export function resolveSetting(name: SettingName, stored: Stored, variables: Variables, option = ''): ResolvedSetting {
  const variable = settingVariable(name);
  const fromEnvironment = variables[variable];
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    const hint = `unset ${variable}`;
    return resolved(name, parseSetting(name, fromEnvironment, { calledAs: variable, hint }), 'environment');
  }
  if (stored[name] === undefined) return resolved(name, settingDefinitions[name].default, 'default');
  const hint = `codex-auth config unset ${name}${option}`;
  return resolved(name, parseSetting(name, stored[name], { hint }), 'file');
}

function resolved(name: SettingName, value: SettingValue, source: SettingSource): ResolvedSetting {
  return { name, value, default: settingDefinitions[name].default, source };
}

export function settingsOf(resolvedSettings: readonly ResolvedSetting[]): Settings {
  return Object.fromEntries(resolvedSettings.map(({ name, value }) => [name, value])) as Settings;
}

export interface SettingMention {
  /** What the person knows it as; default its name. */
  readonly calledAs?: string;
  /** The next command when the value is bad; default one that sets the default. */
  readonly hint?: string;
}

/** A value as typed or stored. Throws `invalid-setting` with the key, the value and the range. */
export function parseSetting(name: SettingName, value: unknown, mention: SettingMention = {}): SettingValue {
  const definition: SettingDefinition = settingDefinitions[name];
  const parsed = definition.kind === 'boolean' ? toBoolean(value) : toInteger(numberIn(value, name), definition);
  if (parsed !== undefined) return parsed;
  const preset = settingText(name, definition.default);
  const { calledAs = name, hint = `codex-auth config set ${name} ${preset}` } = mention;
  throw new AppError('invalid-setting', `${calledAs} is ${JSON.stringify(value)}, but must be ${rangeOf(name)}`, {
    hint,
    details: { setting: name, value },
  });
}

export function rangeOf(name: SettingName): string {
  const definition: SettingDefinition = settingDefinitions[name];
  if (definition.kind === 'boolean') return 'true or false';
  const isTime = unitOf(name) !== undefined;
  const range = `from ${settingText(name, definition.min)} to ${settingText(name, definition.max)}`;
  return isTime ? `a time ${range}, such as ${settingText(name, definition.default)}` : `a whole number ${range}`;
}

/** As a person reads it and may type it: a length of time as `5m`, whatever it is stored as. */
export function settingText(name: string, value: SettingValue): string {
  const unitMs = unitOf(name);
  return unitMs === undefined || typeof value === 'boolean' ? String(value) : durationText(value * unitMs);
}

/** The milliseconds of what a setting counts, which its name ends with; undefined where it is no length of time. */
function unitOf(name: string): number | undefined {
  if (name.endsWith('Ms')) return 1;
  return name.endsWith('Days') ? dayMs : undefined;
}

/** A length of time may be a number of the setting's own unit, or be written out. */
function numberIn(value: unknown, name: SettingName): unknown {
  const unitMs = unitOf(name);
  const ms = unitMs === undefined || typeof value !== 'string' ? undefined : parseDuration(value);
  return unitMs === undefined || ms === undefined ? value : ms / unitMs;
}

function toBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === '1') return true;
  return value === 'false' || value === '0' ? false : undefined;
}

function toInteger(value: unknown, { min, max }: IntegerSetting): number | undefined {
  const isNumeric = typeof value === 'number' || (typeof value === 'string' && /^-?\d+$/.test(value));
  const number = isNumeric ? Number(value) : Number.NaN;
  return Number.isInteger(number) && number >= min && number <= max ? number : undefined;
}
