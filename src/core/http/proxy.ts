import type { Variables } from '../environment.js';
import { Secret } from '../secret.js';
import { isLoopbackTarget, noProxyEntry, systemEntry } from './proxy-exceptions.js';

/** Where the choice came from: the `--proxy` option, the name of an environment variable, or the system's settings. */
export type ProxySource = 'option' | 'system' | (typeof proxyVariables)[keyof typeof proxyVariables][number];

/**
 * How a request leaves this machine. `url` may hold a password, hence the wrapper; `display` never does and is what
 * a person or a log may see.
 */
export type ProxyChoice =
  | {
      readonly kind: 'direct';
      readonly source: 'option' | 'none';
      /** The system names a PAC file, which is not read. */
      readonly ignoresPac?: true;
    }
  /** There is a proxy, and an exception to it. */
  | {
      readonly kind: 'direct';
      readonly source: 'system' | (typeof proxyExceptions)[number];
      readonly exception: string;
    }
  | { readonly kind: 'proxy'; readonly source: ProxySource; readonly url: Secret; readonly display: string }
  | { readonly kind: 'invalid'; readonly source: ProxySource; readonly reason: ProxyFault };

/** What is wrong with a setting, in words that cannot hold a part of it. */
export type ProxyFault = 'socks4' | 'scheme' | 'host' | 'port' | 'encoding' | 'malformed';

/** What the system's own settings say. Addresses are as `--proxy` takes them; systems keep no password in them. */
export interface SystemProxy {
  readonly https?: string;
  readonly http?: string;
  readonly socks?: string;
  /** Hosts that are reached directly, `<local>` among them for all names without a dot. */
  readonly exceptions: readonly string[];
  /** A script chooses the proxy, or the network is asked for such a script: neither is supported. */
  readonly hasPac: boolean;
}

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
 * other unless NO_PROXY names it (curl does the same). Last the system's own setting, to which NO_PROXY applies as well.
 */
export function chooseProxy(
  targetUrl: string,
  given: {
    readonly option?: string | undefined;
    readonly environment: Variables;
    readonly system?: SystemProxy | undefined;
  },
): ProxyChoice {
  const { option, environment, system } = given;
  if (option !== undefined) {
    return option.trim() === '' ? { kind: 'direct', source: 'option' } : readProxy(option, 'option');
  }
  const target = new URL(targetUrl);
  const scheme = target.protocol === 'https:' ? 'https:' : 'http:';
  const set = firstSet([...proxyVariables[scheme], ...proxyVariables.any], environment);
  const found = set ?? systemProxyFor(target, system);
  if (found === undefined) return { kind: 'direct', source: 'none', ...(system?.hasPac ? { ignoresPac: true } : {}) };
  const list = firstSet(proxyExceptions, environment);
  const exception = list && noProxyEntry(target, list.value);
  if (list !== undefined && exception !== undefined) return { kind: 'direct', source: list.name, exception };
  if (found.name === 'system') {
    const systemException = systemEntry(target, system?.exceptions ?? []);
    if (systemException !== undefined) return { kind: 'direct', source: 'system', exception: systemException };
  }
  return readProxy(found.value, found.name);
}

function systemProxyFor(target: URL, system: SystemProxy | undefined): { name: 'system'; value: string } | undefined {
  const own = target.protocol === 'https:' ? system?.https : system?.http;
  const value = own ?? system?.socks;
  return value === undefined || isLoopbackTarget(target) ? undefined : { name: 'system', value };
}

function firstSet<Name extends string>(
  names: readonly Name[],
  environment: Variables,
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
  const reason = faultIn(withScheme);
  if (reason !== undefined) return { kind: 'invalid', source, reason };
  const url = new URL(withScheme);
  return { kind: 'proxy', source, url: new Secret(url.href), display: `${url.protocol}//${url.host}` };
}

function faultIn(text: string): ProxyFault | undefined {
  const [, scheme = '', rest = ''] = /^([^:]*):\/\/(.*)$/s.exec(text) ?? [];
  if (/^socks4a?$/i.test(scheme)) return 'socks4';
  if (!/^(https?|socks|socks5h?)$/i.test(scheme)) return 'scheme';
  // Unless they are encoded, these end the host, and the rest of a password would count as path, query or fragment.
  if (/[/?#\\].*@/s.test(rest)) return 'encoding';
  const [host = '', port] = splitPort(/^(?:.*@)?([^/?#]*)/s.exec(rest)?.[1] ?? '');
  if (host === '') return 'host';
  if (port !== undefined && !/^\d{0,5}$/.test(port)) return 'port';
  // URL.parse is newer than Node 20, and the error of the constructor quotes its input, password included.
  if (URL.canParse(text)) return new URL(text).hostname === '' ? 'host' : undefined;
  return Number(port ?? 0) > 65_535 ? 'port' : 'malformed';
}

/** `[::1]:80` or `host:80`; without a port there is only the host. */
function splitPort(authority: string): string[] {
  return /^(\[[^\]]*\]|[^:[]*)(?::(.*))?$/s.exec(authority)?.slice(1) ?? [authority];
}
