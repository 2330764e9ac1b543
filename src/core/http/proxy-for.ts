import type { Clock } from '../clock.js';
import { chooseProxy, type ProxyChoice, type SystemProxy } from './proxy.js';
import { isLoopbackTarget } from './proxy-exceptions.js';
import { hasSystemProxy, readSystemProxy, type System } from './system-proxy.js';

/** The proxy for a target, asked for each request. */
export type ProxyFor = (url: string) => Promise<ProxyChoice>;

export interface ProxySurroundings extends System {
  readonly clock: Clock;
  /** The value of `--proxy`. */
  readonly option?: string | undefined;
}

/** How requests to one host leave this machine. */
export interface HostProxy {
  readonly host: string;
  readonly choice: ProxyChoice;
}

/** The proxy for each host of the addresses, each host once. */
export function proxiesFor(urls: readonly string[], proxyFor: ProxyFor): Promise<HostProxy[]> {
  const hosts = new Map(urls.map((url) => [new URL(url).host, url]));
  return Promise.all([...hosts].map(async ([host, url]) => ({ host, choice: await proxyFor(url) })));
}

/** How long the system's setting is believed: a command that runs for days meets other networks. */
const believedMs = 60_000;

/** The one way to choose a proxy: option, environment, system, in that order, the system only when it matters. */
export function createProxyFor({ clock, option, ...system }: ProxySurroundings): ProxyFor {
  const { environment } = system;
  let known: { readonly at: number; readonly proxy: Promise<SystemProxy | undefined> } | undefined;

  function systemProxy(): Promise<SystemProxy | undefined> {
    const now = clock.monotonicMs();
    if (known === undefined || now - known.at > believedMs) known = { at: now, proxy: readSystemProxy(system) };
    return known.proxy;
  }

  return async (url) => {
    const choice = chooseProxy(url, { option, environment });
    if (choice.kind !== 'direct' || choice.source !== 'none') return choice;
    if (!hasSystemProxy(system.platform) || isLoopbackTarget(new URL(url))) return choice;
    return chooseProxy(url, { environment, system: await systemProxy() });
  };
}
