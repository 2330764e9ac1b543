import { configOption } from '../../core/session/open-session.js';
import { resolveSettings, type Settings, settingsOf } from '../../core/settings.js';
import { readSettings } from '../../core/storage/settings-file.js';
import type { Context } from '../context.js';

/** As they are now: whoever runs for weeks must not go by those of its first day. */
export function currentSettings({ options, root, environment }: Context): Settings {
  const { values } = readSettings(options.config, root.paths.settings);
  return settingsOf(resolveSettings(values, environment.raw, configOption(options)));
}
