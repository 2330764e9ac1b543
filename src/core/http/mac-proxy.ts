import { definedOnly } from '../defined-only.js';
import type { SystemProxy } from './proxy.js';

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

/** Of the outermost dictionary only: below `__SCOPED__` are those of single network interfaces. */
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
