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

/** Every setting there is, with its default and range (DESIGN §5, §7–§9). */
export const settingDefinitions = {
  perProjectAccounts: {
    kind: 'boolean',
    default: true,
    description: 'Keep a pool of its own for each Git repository, shared by all its worktrees.',
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

/** Each setting from the environment, else the file, else its default. Throws `invalid-setting` for a bad value. */
export function resolveSettings(
  stored: Readonly<Record<string, unknown>>,
  variables: Readonly<Record<string, string>>,
): ResolvedSetting[] {
  return settingNames.map((name) => {
    const { default: fallback } = settingDefinitions[name];
    const variable = variables[settingVariable(name)];
    if (variable !== undefined && variable !== '') {
      return resolved(name, parseSetting(name, variable, settingVariable(name)), 'environment');
    }
    if (stored[name] !== undefined) return resolved(name, parseSetting(name, stored[name], name), 'file');
    return resolved(name, fallback, 'default');
  });
}

function resolved(name: SettingName, value: SettingValue, source: SettingSource): ResolvedSetting {
  return { name, value, default: settingDefinitions[name].default, source };
}

export function settingsOf(resolvedSettings: readonly ResolvedSetting[]): Settings {
  return Object.fromEntries(resolvedSettings.map(({ name, value }) => [name, value])) as Settings;
}

/** A value as typed or stored. Throws `invalid-setting` with the key, the value and the range. */
export function parseSetting(name: SettingName, value: unknown, calledAs: string = name): SettingValue {
  const definition: SettingDefinition = settingDefinitions[name];
  const parsed = definition.kind === 'boolean' ? toBoolean(value) : toInteger(value, definition);
  if (parsed !== undefined) return parsed;
  throw new AppError('invalid-setting', `${calledAs} is ${JSON.stringify(value)}, but must be ${rangeOf(definition)}`, {
    hint: `codex-auth config unset ${name}`,
    details: { setting: name, value },
  });
}

export function rangeOf(definition: SettingDefinition): string {
  if (definition.kind === 'boolean') return 'true or false';
  return `a whole number from ${definition.min} to ${definition.max}`;
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
