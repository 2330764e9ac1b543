import * as z from 'zod/mini';
import { AppError } from '../../core/errors.js';
import { configOption } from '../../core/session/open-session.js';
import {
  isSettingName,
  parseSetting,
  type ResolvedSetting,
  resolveSetting,
  type SettingName,
  type SettingValue,
  settingNames,
  settingText,
  settingVariable,
} from '../../core/settings.js';
import { readSettings } from '../../core/storage/settings-file.js';
import { updateSettingsFile } from '../../core/storage/settings-store.js';
import type { Command } from '../program/command.js';
import type { Context } from '../program/context.js';
import { type Column, renderTable } from '../render/table.js';
import type { Theme } from '../render/theme.js';

const Value = z.union([z.boolean(), z.number(), z.readonly(z.array(z.string()))]);

const SettingView = z.object({
  name: z.string(),
  value: Value,
  default: Value,
  source: z.enum(['default', 'file', 'environment']),
  /** The variable that wins over the file. */
  variable: z.string(),
});
type SettingView = z.infer<typeof SettingView>;

const ConfigResult = z.object({ file: z.string(), settings: z.array(SettingView) });
type ConfigResult = z.infer<typeof ConfigResult>;

const ConfigChange = z.object({
  file: z.string(),
  setting: SettingView,
  changed: z.boolean(),
});
type ConfigChange = z.infer<typeof ConfigChange>;

interface NamedOptions {
  readonly name: string;
}

function settingsPath({ options, root }: Context): string {
  return options.config ?? root.paths.settings;
}

function viewOf(setting: ResolvedSetting): SettingView {
  return { ...setting, variable: settingVariable(setting.name) };
}

/** One setting by itself: a bad value of another setting is no reason not to show or change this one. */
function currentSetting({ options, root, environment }: Context, name: SettingName): ResolvedSetting {
  const { values } = readSettings(options.config, root.paths.settings);
  return resolveSetting(name, values, environment.raw, configOption(options));
}

async function change(context: Context, name: SettingName, value: SettingValue | undefined): Promise<ConfigChange> {
  const file = settingsPath(context);
  const changed = await updateSettingsFile(context.root, file, name, value, context.signal);
  const fromEnvironment = context.environment.raw[settingVariable(name)];
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    context.warn(`${settingVariable(name)} is set and wins over the file`);
  }
  return { file, setting: viewOf(currentSetting(context, name)), changed };
}

function requireName(name: string, verb: 'get' | 'set' | 'unset'): SettingName {
  if (isSettingName(name)) return name;
  const [close, ...others] = settingNames.filter((each) => each.toLowerCase().includes(name.toLowerCase()));
  const isClear = close !== undefined && others.length === 0;
  throw new AppError('usage', `there is no setting "${name}"`, {
    hint: isClear ? `codex-auth config ${verb} ${close}${verb === 'set' ? ' <value>' : ''}` : 'codex-auth config list',
  });
}

function renderSettings({ settings, file }: ConfigResult, theme: Theme): string {
  const { color } = theme;
  const columns: Column<SettingView>[] = [
    { title: 'setting', text: ({ name }) => name },
    {
      title: 'value',
      align: 'right',
      text: ({ name, value }) => settingText(name, value),
      paint: ({ value, default: preset }) => (value === preset ? undefined : color.bold),
    },
    {
      title: 'default',
      align: 'right',
      text: ({ name, default: preset }) => settingText(name, preset),
      paint: () => color.dim,
    },
    { title: 'source', text: ({ source }) => source },
  ];
  return `${renderTable(columns, settings, theme)}\n${color.dim(file)}\n`;
}

function renderChange({ setting, changed }: ConfigChange, { color, symbols }: Theme): string {
  const verb = changed ? 'is now' : 'was already';
  return `${color.green(symbols.ok)} ${setting.name} ${verb} ${settingText(setting.name, setting.value)} (${setting.source})\n`;
}

const shown = { name: 'config', schema: ConfigResult } as const;
const changed = { name: 'config-change', schema: ConfigChange, render: renderChange } as const;

export const configListCommand: Command<object, ConfigResult> = {
  ...shown,
  run: async (context) => ({ file: settingsPath(context), settings: context.resolvedSettings().map(viewOf) }),
  render: renderSettings,
};
export const configGetCommand: Command<NamedOptions, ConfigResult> = {
  ...shown,
  async run(context, { name }) {
    return { file: settingsPath(context), settings: [viewOf(currentSetting(context, requireName(name, 'get')))] };
  },
  render: ({ settings }) => settings.map(({ name, value }) => `${settingText(name, value)}\n`).join(''),
};
export const configSetCommand: Command<NamedOptions & { readonly value: string }, ConfigChange> = {
  ...changed,
  run(context, options) {
    const name = requireName(options.name, 'set');
    return change(context, name, parseSetting(name, options.value));
  },
};
export const configUnsetCommand: Command<NamedOptions, ConfigChange> = {
  ...changed,
  run: (context, { name }) => change(context, requireName(name, 'unset'), undefined),
};
