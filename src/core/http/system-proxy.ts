import { execFile } from 'node:child_process';
import { definedOnly } from '../defined-only.js';
import type { Variables } from '../environment.js';
import type { SystemProxy } from './proxy.js';

export interface System {
  readonly platform: NodeJS.Platform;
  readonly environment: Variables;
  /** How long the system's answer may take, in milliseconds. */
  readonly deadlineMs?: number;
  warn(message: string): void;
}

interface Question {
  readonly command: string;
  readonly argv: readonly string[];
  readonly parse: (output: string) => SystemProxy;
}

const internetSettings = 'HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings';

/** Linux has no setting that all programs share: there the environment is the setting. */
const questions: Partial<Record<NodeJS.Platform, Question>> = {
  darwin: { command: 'scutil', argv: ['--proxy'], parse: parseMacProxy },
  win32: { command: 'reg', argv: ['query', internetSettings], parse: parseWindowsProxy },
};

export function hasSystemProxy(platform: NodeJS.Platform): boolean {
  return questions[platform] !== undefined;
}

/** The system answers in some ten milliseconds. */
const usualDeadlineMs = 2_000;

/** Asks the system for its proxy. What cannot be read is a warning and counts as no proxy: it must not stop a command. */
export function readSystemProxy(system: System): Promise<SystemProxy | undefined> {
  const { platform, environment, deadlineMs = usualDeadlineMs, warn } = system;
  const question = questions[platform];
  if (question === undefined) return Promise.resolve(undefined);
  const { command, argv, parse } = question;
  const options = { env: environment, timeout: deadlineMs, killSignal: 'SIGKILL', windowsHide: true } as const;
  return new Promise((resolve) => {
    execFile(command, argv, options, (error, stdout) => {
      if (error === null) return resolve(parse(stdout));
      // Whatever the reason, the way out is the same.
      warn(`the system's proxy setting could not be read (${command}), so none is used; --proxy names one`);
      resolve(undefined);
    });
  });
}

/** Reads what `scutil --proxy` prints on macOS. A proxy that is entered but switched off does not count. */
export function parseMacProxy(output: string): SystemProxy {
  const { values, exceptions } = readDictionary(output);
  const isOn = (name: string) => values.get(name) === '1';
  const address = (name: string, scheme: string) => {
    const host = values.get(`${name}Proxy`);
    if (!isOn(`${name}Enable`) || !host) return undefined;
    const port = values.get(`${name}Port`);
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}${port ? `:${port}` : ''}`;
  };
  return definedOnly({
    https: address('HTTPS', 'http'),
    http: address('HTTP', 'http'),
    socks: address('SOCKS', 'socks5'),
    exceptions: isOn('ExcludeSimpleHostnames') ? [...exceptions, '<local>'] : exceptions,
    hasPac: isOn('ProxyAutoConfigEnable') || isOn('ProxyAutoDiscoveryEnable'),
  });
}

/** The values of the outermost dictionary only: below `__SCOPED__` are those of single network interfaces. */
function readDictionary(output: string): { values: Map<string, string>; exceptions: string[] } {
  const values = new Map<string, string>();
  const exceptions: string[] = [];
  const open: string[] = [];
  for (const line of output.split(/\r?\n/)) {
    const [, name = '', value = ''] = /^\s*(.*?) : ?(.*?)\s*$/.exec(line) ?? [];
    if (/<(dictionary|array)> \{\s*$/.test(line)) open.push(name);
    else if (/^\s*\}/.test(line)) open.pop();
    else if (open.length === 1) values.set(name, value);
    else if (open.length === 2 && open[1] === 'ExceptionsList' && value !== '') exceptions.push(value);
  }
  return { values, exceptions };
}

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
