import { BlockList, isIP } from 'node:net';

/** The entry of a NO_PROXY list that takes `target` out, as curl reads it: hosts with all below them, ports, subnets. */
export function noProxyEntry(target: URL, list: string): string | undefined {
  const host = bareHost(target.hostname);
  const port = portOf(target);
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== '');
  return entries.find((entry) => entry === '*' || matchesHost(entry.toLowerCase(), host, port));
}

/**
 * The entry of a system's list of exceptions that takes `target` out. There a name stands for itself alone, `*` for any
 * characters, and `<local>` for names without a dot.
 */
export function systemEntry(target: URL, entries: readonly string[]): string | undefined {
  const host = bareHost(target.hostname);
  const port = portOf(target);
  return entries.find((entry) => matchesPattern(entry.trim().toLowerCase(), host, port));
}

/** No system sends loopback requests to its proxy. */
export function isLoopbackTarget(target: URL): boolean {
  const host = bareHost(target.hostname);
  return host === 'localhost' || host.endsWith('.localhost') || host === '::1' || /^127(\.\d+){3}$/.test(host);
}

function matchesHost(entry: string, host: string, port: string): boolean {
  const { name, port: wantedPort } = splitPort(entry);
  if (wantedPort !== undefined && wantedPort !== port) return false;
  if (isInSubnet(name, host)) return true;
  const wanted = bareHost(canonicalAddress(name.replace(/^\*?\./, '')));
  if (wanted === '') return false;
  return host === wanted || (isIP(host) === 0 && host.endsWith(`.${wanted}`));
}

function matchesPattern(entry: string, host: string, port: string): boolean {
  if (entry === '<local>') return isIP(host) === 0 && !host.includes('.');
  const { name, port: wantedPort } = splitPort(entry.replace(/^[a-z]+:\/\//, ''));
  if (name === '' || (wantedPort !== undefined && wantedPort !== port)) return false;
  return isInSubnet(name, host) || globOf(bareHost(canonicalAddress(name))).test(host);
}

function globOf(pattern: string): RegExp {
  const literal = (text: string) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  // Runs of stars are one, so that no list can make the match slow.
  return new RegExp(`^${pattern.split(/\*+/).map(literal).join('.*')}$`);
}

/** `10.0.0.0/8`, `fd00::/8`, and `169.254/16` as macOS shortens it. Names are never resolved. */
function isInSubnet(text: string, host: string): boolean {
  const match = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(text);
  if (match === null) return false;
  const [, short = '', length = ''] = match;
  const network = short.includes(':') ? short : [...short.split('.'), '0', '0', '0'].slice(0, 4).join('.');
  const version = isIP(network);
  if (version === 0 || Number(length) > (version === 4 ? 32 : 128) || isIP(host) !== version) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const subnet = new BlockList();
  subnet.addSubnet(network, Number(length), family);
  return subnet.check(host, family);
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

function portOf(target: URL): string {
  return target.port || (target.protocol === 'https:' ? '443' : '80');
}
