import { isAbsolute } from 'node:path';
import { AppError } from './errors.js';

/** The environment variables this product reads, by the name it uses for them. The only list of their names. */
export const environmentVariables = {
  home: 'HOME',
  userProfile: 'USERPROFILE',
  codexHome: 'CODEX_HOME',
  rootDir: 'CODEX_MULTI_AUTH_DIR',
  issuer: 'CODEX_AUTH_ISSUER',
  backendUrl: 'CODEX_AUTH_BACKEND_URL',
  browser: 'BROWSER',
  sshConnection: 'SSH_CONNECTION',
  display: 'DISPLAY',
  waylandDisplay: 'WAYLAND_DISPLAY',
  wslDistribution: 'WSL_DISTRO_NAME',
  user: 'USER',
  noColor: 'NO_COLOR',
  forceColor: 'FORCE_COLOR',
  term: 'TERM',
  accessible: 'ACCESSIBLE',
  columns: 'COLUMNS',
  ci: 'CI',
  loginPorts: 'CODEX_AUTH_LOGIN_PORTS',
  invokedAs: 'CODEX_AUTH_INVOKED_AS',
  account: 'CODEX_AUTH_ACCOUNT',
  caCertificate: 'CODEX_CA_CERTIFICATE',
} as const;

type Name = keyof typeof environmentVariables;

/** What each of them does, for the reference page. */
export const environmentDescriptions: Readonly<Record<Name, string>> = {
  home: 'Your home directory; `~` below.',
  userProfile: 'The same on Windows, where `HOME` is not set.',
  codexHome:
    'The home of the official client, whose login this program replaces: an absolute path to a directory that is there. Default `~/.codex`.',
  rootDir:
    'Where the accounts and settings are: an absolute path to a directory for them alone. Default `multi-auth` in the home of the official client.',
  issuer:
    'Sign in and refresh at this address instead of the official one: https, or http on loopback. Every command that uses it says so.',
  backendUrl: 'Ask this address for quota instead of the official one, on the same conditions.',
  browser: 'The command that opens a web page, with `%s` for the address; `none` to paste the callback URL by hand.',
  sshConnection: 'Set by ssh: a login then also shows how to forward its callback.',
  display: 'Set where a program can open a window; without it, and without the next two, no browser is tried on Linux.',
  waylandDisplay: 'The same under Wayland.',
  wslDistribution: 'Set by WSL, where the browser of Windows opens.',
  user: 'Your name on this machine, for the `ssh` line that a login shows.',
  noColor: 'Any value but an empty one turns colour off.',
  forceColor: 'Any value but `0` turns colour on, also in a pipe.',
  term: '`dumb` turns colour and symbols outside of ASCII off, and does what the next one does.',
  accessible:
    'Any value but an empty one asks by numbers and draws nothing twice, as `--plain` does: for screen readers and Braille lines.',
  columns: 'The width of the terminal, where it does not tell by itself.',
  ci: 'Set by build servers: nothing is animated.',
  loginPorts:
    'The loopback ports a login listens on, separated by commas. Default `1455,1457`, the only ones the official provider accepts.',
  invokedAs: 'Set by the shim behind `codex auth`: the name that help and hints use for this program.',
  account:
    'Set by `run`: the account as which a command runs, for a prompt. It decides nothing but that plain `codex` stays on that account in a bound directory.',
  caCertificate:
    'A PEM file with authorities whose certificates are accepted besides the usual ones, as the official client does: for networks that look into TLS.',
};

/** What the environment says; an empty value counts as absent. `raw` keeps the rest for proxies and settings. */
export type Environment = { readonly [K in Name]?: string } & { readonly raw: Readonly<Record<string, string>> };

export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const raw: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) if (value !== undefined) raw[name] = value;
  const known: { [K in Name]?: string } = {};
  for (const name of Object.keys(environmentVariables) as Name[]) {
    const value = raw[environmentVariables[name]];
    if (value !== undefined && value !== '') known[name] = value;
  }
  return { ...known, raw };
}

/** The person's home directory, which decides where everything lives that no other variable places. */
export function homeOf(environment: Environment): string | undefined {
  return environment.home ?? environment.userProfile;
}

/** The same where nothing can be done without it. A relative one would be another place in every directory. */
export function requireHome(environment: Environment): string {
  const home = homeOf(environment);
  const hint = 'set HOME to your home directory';
  if (home === undefined) {
    throw new AppError('usage', 'HOME is not set, so there is no telling where your accounts are', { hint });
  }
  if (!isAbsolute(home)) throw new AppError('usage', `HOME is not an absolute path: "${home}"`, { hint });
  return home;
}

/** Empty where it is not set, or means nothing, and is not needed: with `CODEX_HOME` every file of ours has its place. */
export function homeIfNeeded(environment: Environment): string {
  if (environment.codexHome === undefined) return requireHome(environment);
  const home = homeOf(environment) ?? '';
  return isAbsolute(home) ? home : '';
}
