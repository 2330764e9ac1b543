import { Secret } from '../secret.js';

export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

/** Where the choice came from: the `--proxy` option or the name of an environment variable. */
export type ProxySource = 'option' | (typeof proxyVariables)[keyof typeof proxyVariables][number];

/**
 * How a request leaves this machine. `url` may hold a password, hence the wrapper; `display` never does and is what
 * a person or a log may see.
 */
export type ProxyChoice =
  | { readonly kind: 'direct'; readonly source: 'option' | 'none' | (typeof proxyExceptions)[number] }
  | { readonly kind: 'proxy'; readonly source: ProxySource; readonly url: Secret; readonly display: string }
  | {
      readonly kind: 'invalid';
      readonly source: ProxySource;
      readonly reason: 'socks' | 'malformed';
      readonly display: string;
    };

const proxyVariables = {
  'https:': ['https_proxy', 'HTTPS_PROXY'],
  'http:': ['http_proxy', 'HTTP_PROXY'],
  any: ['all_proxy', 'ALL_PROXY'],
} as const;
const proxyExceptions = ['no_proxy', 'NO_PROXY'] as const;

/**
 * The proxy for one target. The option wins and is absolute: empty means direct, and NO_PROXY does not apply to it.
 * Then the environment as curl reads it: lower case first, the variable of the target's scheme before ALL_PROXY. An
 * empty variable counts as unset, so it hides nothing. A loopback target goes through an environment proxy like any
 * other unless NO_PROXY names it (curl does the same).
 */
export function chooseProxy(
  targetUrl: string,
  given: { readonly option?: string; readonly environment: ProxyEnvironment },
): ProxyChoice {
  if (given.option !== undefined) {
    return given.option.trim() === '' ? { kind: 'direct', source: 'option' } : readProxy(given.option, 'option');
  }
  const target = new URL(targetUrl);
  const scheme = target.protocol === 'https:' ? 'https:' : 'http:';
  const named = firstSet([...proxyVariables[scheme], ...proxyVariables.any], given.environment);
  if (named === undefined) return { kind: 'direct', source: 'none' };
  const exceptions = firstSet(proxyExceptions, given.environment);
  if (exceptions !== undefined && isException(target, exceptions.value)) {
    return { kind: 'direct', source: exceptions.name };
  }
  return readProxy(named.value, named.name);
}

function firstSet<Name extends string>(
  names: readonly Name[],
  environment: ProxyEnvironment,
): { name: Name; value: string } | undefined {
  for (const name of names) {
    const value = environment[name]?.trim();
    if (value) return { name, value };
  }
  return undefined;
}

function readProxy(text: string, source: ProxySource): ProxyChoice {
  const trimmed = text.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  if (/^socks/i.test(withScheme)) return { kind: 'invalid', source, reason: 'socks', display: 'a SOCKS proxy' };
  // URL.parse is newer than Node 20, and the error of the constructor quotes its input, password included.
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    return { kind: 'invalid', source, reason: 'malformed', display: 'an unreadable proxy address' };
  }
  return { kind: 'proxy', source, url: new Secret(url.href), display: `${url.protocol}//${url.host}` };
}

function isException(target: URL, list: string): boolean {
  const host = bareHost(target.hostname);
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  const { name, port: wantedPort } = splitPort(entry.toLowerCase());
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const wanted = bareHost(canonicalAddress(name.replace(/^\*?\./, '')));
  if (wanted === '') return false;
  return host === wanted || (!isAddress(host) && host.endsWith(`.${wanted}`));
}

/** `host:port`, `[v6]:port`, `[v6]`, or a bare IPv6 address, whose colons separate no port. */
function splitPort(entry: string): { name: string; port?: string } {
  const match = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry);
  return match?.[1] === undefined || match[2] === undefined ? { name: entry } : { name: match[1], port: match[2] };
}

/** One spelling per IPv6 address, the one that `URL` gives the target too. */
function canonicalAddress(name: string): string {
  if (!name.includes(':')) return name;
  const url = `http://[${bareHost(name)}]`;
  return URL.canParse(url) ? new URL(url).hostname : name;
}

function bareHost(host: string): string {
  return host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

function isAddress(host: string): boolean {
  return host.includes(':') || /^\d+(\.\d+){3}$/.test(host);
}
