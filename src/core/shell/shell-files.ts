import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Variables } from '../environment.js';
import { readNow } from '../storage/regular-file.js';
import { executableOnPath } from './on-path.js';

/** The shells that `setup` and `completion` know. */
export const shellNames = ['bash', 'zsh', 'fish', 'powershell'] as const;

export type ShellName = (typeof shellNames)[number];

/** What decides where a person's shells look for their files. */
export interface ShellPlaces {
  readonly home: string;
  readonly environment: Variables;
  readonly isWindows: boolean;
}

/** The files our lines have to be in, so that every interactive shell of that kind reads them. */
export function filesToWrite(shell: ShellName, places: ShellPlaces): string[] {
  const candidates = filesOf(shell, places);
  const first = (paths: readonly string[]) => paths.find((path) => existsSync(path));
  switch (shell) {
    case 'bash': {
      // A login shell reads the first of these and no .bashrc. A .bash_profile of ours would hide a .profile made later.
      const [interactive = '', ...login] = candidates;
      return [interactive, first(login) ?? join(places.home, '.profile')];
    }
    case 'zsh':
      return candidates.slice(0, 1);
    case 'fish': {
      // At the end of config.fish, because what that puts on PATH would come before us.
      const [config = '', own = ''] = candidates;
      return [existsSync(own) || !existsSync(config) ? own : config];
    }
    case 'powershell': {
      const present = candidates.filter((path) => existsSync(join(path, '..')));
      return present.length > 0 ? present : candidates.slice(0, 1);
    }
  }
}

/** Every file in which our lines could be. */
export function filesOf(shell: ShellName, { home, environment, isWindows }: ShellPlaces): string[] {
  const configHome = environment['XDG_CONFIG_HOME'] || join(home, '.config');
  switch (shell) {
    case 'bash':
      return ['.bashrc', '.bash_profile', '.bash_login', '.profile'].map((name) => join(home, name));
    case 'zsh':
      return [...new Set([environment['ZDOTDIR'] || home, home])].map((directory) => join(directory, '.zshrc'));
    case 'fish':
      return ['config.fish', join('conf.d', 'codex-auth.fish')].map((name) => join(configHome, 'fish', name));
    case 'powershell':
      // CurrentUserAllHosts in about_Profiles.
      return isWindows
        ? ['PowerShell', 'WindowsPowerShell'].map((name) => join(home, 'Documents', name, 'profile.ps1'))
        : [join(configHome, 'powershell', 'profile.ps1')];
  }
}

/** The shells this person uses: the login shell first, then those that are installed and have files. */
export function usedShells(places: ShellPlaces): ShellName[] {
  const login = loginShell(places);
  const others = shellNames.filter(
    (shell) =>
      programsOf[shell].some((name) => executableOnPath(name, places.environment) !== undefined) &&
      filesOf(shell, places).some((path) => existsSync(path)),
  );
  return [...new Set([...(login === undefined ? [] : [login]), ...others])];
}

function loginShell({ environment, isWindows }: ShellPlaces): ShellName | undefined {
  const name = basename(environment['SHELL'] ?? '').replace(/\.exe$/, '');
  if (name === '' && isWindows) return 'powershell';
  return shellNames.find((shell) => programsOf[shell].includes(name));
}

const programsOf: Readonly<Record<ShellName, readonly string[]>> = {
  bash: ['bash'],
  zsh: ['zsh'],
  fish: ['fish'],
  powershell: ['pwsh', 'powershell'],
};

/** The files in which somebody has a line that loads the completion: without the program it fails in every new shell. */
export function completionFiles(places: ShellPlaces): string[] {
  const files = [...new Set(shellNames.flatMap((shell) => filesOf(shell, places)))];
  return files.filter((path) => /codex[- ]auth completion /.test(contentOf(path)));
}

function contentOf(path: string): string {
  try {
    return readNow(path).toString('latin1');
  } catch {
    // The file is absent, or closed to us.
    return '';
  }
}
