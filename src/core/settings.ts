import { dayMs, durationText, parseDuration } from './duration.js';
import type { Variables } from './environment.js';
import { AppError } from './errors.js';
import {
  type IntegerSetting,
  type ListSetting,
  type SettingDefinition,
  settingDefinitions,
} from './setting-definitions.js';

export type SettingName = keyof typeof settingDefinitions;
export type Settings = {
  readonly [K in SettingName]: ValueOf<(typeof settingDefinitions)[K]['kind']>;
};
type ValueOf<K extends SettingDefinition['kind']> = K extends 'boolean'
  ? boolean
  : K extends 'list'
    ? readonly string[]
    : number;
export type SettingValue = boolean | number | readonly string[];
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
  const parsed = valueIn(value, name, definition);
  if (parsed !== undefined) return parsed;
  const { calledAs = name, hint = `codex-auth config set ${name} ${exampleOf(name, definition)}` } = mention;
  throw new AppError('invalid-setting', `${calledAs} is ${JSON.stringify(value)}, but must be ${rangeOf(name)}`, {
    hint,
    details: { setting: name, value },
  });
}

function valueIn(value: unknown, name: SettingName, definition: SettingDefinition): SettingValue | undefined {
  if (definition.kind === 'boolean') return toBoolean(value);
  return definition.kind === 'list' ? toList(value, definition) : toInteger(numberIn(value, name), definition);
}

/** An example of a value as it is typed in a shell. */
function exampleOf(name: SettingName, definition: SettingDefinition): string {
  if (definition.kind !== 'list') return settingText(name, definition.default);
  const { example, choices } = definition;
  return choices === undefined ? `'${JSON.stringify(example)}'` : example.join(',');
}

export function rangeOf(name: SettingName): string {
  const definition: SettingDefinition = settingDefinitions[name];
  if (definition.kind === 'boolean') return 'true or false';
  if (definition.kind === 'list') {
    const { choices, example } = definition;
    if (choices !== undefined) return `names out of ${choices.join(', ')}`;
    return `a JSON list of a program and its arguments, such as ${JSON.stringify(example)}; for a line of a shell ["sh","-c","…"]`;
  }
  const isTime = unitOf(name) !== undefined;
  const range = `from ${settingText(name, definition.min)} to ${settingText(name, definition.max)}`;
  return isTime ? `a time ${range}, such as ${settingText(name, definition.default)}` : `a whole number ${range}`;
}

/** A value as a person reads it and may type it: a length of time as `5m`, whatever it is stored as. */
export function settingText(name: string, value: SettingValue): string {
  if (typeof value === 'object') return JSON.stringify(value);
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

/** A list, or what stands for one in a shell: JSON, or names separated by commas where only some names are meant. */
function toList(value: unknown, { choices }: ListSetting): readonly string[] | undefined {
  const list = typeof value === 'string' ? listIn(value, choices !== undefined) : value;
  const isWord = (word: unknown) =>
    typeof word === 'string' && word !== '' && !word.includes('\0') && choices?.includes(word) !== false;
  return Array.isArray(list) && list.every(isWord) ? list : undefined;
}

function listIn(text: string, hasChoices: boolean): unknown {
  if (hasChoices && !text.startsWith('[')) return text === '' ? [] : text.split(',').map((word) => word.trim());
  try {
    return JSON.parse(text);
  } catch {
    // The caller says what the setting takes.
    return undefined;
  }
}

function toInteger(value: unknown, { min, max }: IntegerSetting): number | undefined {
  const isNumeric = typeof value === 'number' || (typeof value === 'string' && /^-?\d+$/.test(value));
  const number = isNumeric ? Number(value) : Number.NaN;
  return Number.isInteger(number) && number >= min && number <= max ? number : undefined;
}
