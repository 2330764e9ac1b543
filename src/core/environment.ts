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

/** What the environment says; an empty value counts as absent. `raw` keeps the rest for proxies and settings. */
export type Environment = { readonly [K in Name]?: string } & { readonly raw: Variables };

/** The variables as a process has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

export function readEnvironment(raw: Variables): Environment {
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

/**
 * The home directory, where nothing can be done without it. Throws `usage` where there is none, or for a relative path,
 * which would be another place in every directory.
 */
export function requireHome(environment: Environment): string {
  const home = homeOf(environment);
  const hint = 'set HOME to your home directory';
  if (home === undefined) {
    throw new AppError('usage', 'HOME is not set, so there is no telling where your accounts are', { hint });
  }
  if (!isAbsolute(home)) throw new AppError('usage', `HOME is not an absolute path: "${home}"`, { hint });
  return home;
}

/**
 * The home directory. With `CODEX_HOME` every file of ours has its place without it: then it is empty where it is not
 * set or not an absolute path.
 */
export function homeIfNeeded(environment: Environment): string {
  if (environment.codexHome === undefined) return requireHome(environment);
  const home = homeOf(environment) ?? '';
  return isAbsolute(home) ? home : '';
}
