import { definedOnly } from '../defined-only.js';
import type { SystemProxy } from './proxy.js';

/** Reads what `reg query` prints about the Internet Settings of a Windows user. */
export function parseWindowsProxy(output: string): SystemProxy {
  const values = readValues(output);
  const isOn = (name: string) => Number(values.get(name) ?? 0) === 1;
  return {
    ...(isOn('proxyenable') ? readServer(values.get('proxyserver') ?? '') : {}),
    exceptions: (values.get('proxyoverride') ?? '').split(';').filter((entry) => entry.trim() !== ''),
    hasPac: (values.get('autoconfigurl') ?? '') !== '',
  };
}

/** One value a line, `    ProxyEnable    REG_DWORD    0x1`; names are case-insensitive, as in the registry. */
function readValues(output: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of output.split(/\r?\n/)) {
    const [, name, value] = /^\s+(\S.*?)\s+REG_\w+(?:\s+(.*?))?\s*$/.exec(line) ?? [];
    if (name !== undefined) values.set(name.toLowerCase(), value ?? '');
  }
  return values;
}

/** `host:port` for everything, or `http=host:port;https=host:port;socks=host:port`. */
function readServer(text: string): Pick<SystemProxy, 'https' | 'http' | 'socks'> {
  if (!text.includes('=')) return text.trim() === '' ? {} : { https: text.trim(), http: text.trim() };
  const servers = new Map<string, string>();
  for (const part of text.split(/[;\s]+/)) {
    const [, name, server] = /^(\w+)=(.+)$/.exec(part) ?? [];
    if (name !== undefined && server !== undefined) servers.set(name.toLowerCase(), server);
  }
  const socks = servers.get('socks');
  return definedOnly({
    https: servers.get('https'),
    http: servers.get('http'),
    socks: socks === undefined || socks.includes('://') ? socks : `socks5://${socks}`,
  });
}
