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
  noColor: 'NO_COLOR',
  forceColor: 'FORCE_COLOR',
  term: 'TERM',
  columns: 'COLUMNS',
  ci: 'CI',
  loginPorts: 'CODEX_AUTH_LOGIN_PORTS',
} as const;

type Name = keyof typeof environmentVariables;

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

/** The person's home directory, which decides where everything lives. */
export function homeOf(environment: Environment): string | undefined {
  return environment.home ?? environment.userProfile;
}
