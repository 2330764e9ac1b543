import { AppError } from '../errors.js';
import { printable } from '../printable.js';
import type { ProxyChoice, ProxyFault } from './proxy.js';

/** Where a choice came from, in words. */
export function describeProxySource(source: Exclude<ProxyChoice['source'], 'none'>): string {
  if (source === 'option') return '--proxy';
  return source === 'system' ? 'system settings' : source;
}

/** Nothing names a proxy. */
export const noProxy = 'none';

/** How requests leave this machine and why, without credentials. */
export function describeProxy(choice: ProxyChoice): string {
  if (choice.kind === 'proxy') return `${choice.display} (${describeProxySource(choice.source)})`;
  if (choice.kind === 'invalid') return describeInvalidProxy(choice);
  if ('exception' in choice) {
    return `none, because of "${printable(choice.exception)}" in ${describeProxySource(choice.source)}`;
  }
  if (choice.source === 'option') return 'none, because --proxy is empty';
  return choice.ignoresPac === true ? `none, because ${pacProblem}` : noProxy;
}

/** One text where it is the same for every host, else one for each host. */
export function joinDescriptions(
  described: readonly { readonly host: string; readonly text: string }[],
  separator: string,
): string {
  const texts = new Set(described.map(({ text }) => text));
  if (texts.size === 1) return [...texts].join();
  return described.map(({ host, text }) => `${host}: ${text}`).join(separator);
}

export const pacProblem = 'the system settings name a script (PAC), which is not supported';

type InvalidProxy = Extract<ProxyChoice, { kind: 'invalid' }>;

/** Names the source of an unusable setting only; the value may hold a password. */
export function describeInvalidProxy({ source, reason }: InvalidProxy): string {
  const name = source === 'system' ? "the system's proxy setting" : describeProxySource(source);
  return `${name} ${faults[reason]}`;
}

const faults: Readonly<Record<ProxyFault, string>> = {
  socks4: 'names a SOCKS 4 proxy, which is not supported',
  scheme: 'begins with something other than http://, https:// or socks5://',
  host: 'names no host',
  port: 'has a port that is not a number from 1 to 65535',
  encoding: 'has a character in its user name or password that must be percent-encoded, such as %23 for #',
  malformed: 'is not a proxy address',
};

/** For a proxy that gives no connection. */
export const proxyHint = 'check the proxy: codex-auth status shows which one is used and why';

export const validProxyHint = 'give an http://, https:// or socks5:// proxy, as host:port';

/** @throws AppError `usage` */
export function refuseInvalidProxy(choice: ProxyChoice): void {
  if (choice.kind === 'invalid') throw new AppError('usage', describeInvalidProxy(choice), { hint: validProxyHint });
}
