import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { field } from './provider/request-log.js';
import { endpointPaths } from './provider/scenario.js';
import type { Provider } from './provider/start.js';
import type { TestHome } from './test-home.js';

/** Everything secret that went over the wire: tokens, and the codes and verifiers that buy them. */
export function secretsOf(provider: Provider): string[] {
  const requests = provider.requests.to(endpointPaths.token);
  const bought = requests.flatMap((request) => [field(request, 'code'), field(request, 'code_verifier')]);
  return [...provider.issued.strings(), ...new Set(bought.filter((secret) => secret !== undefined))];
}

/** Where a program could let a secret slip: collected by the test, searched at its end. */
export class Evidence {
  readonly #texts: { readonly where: string; readonly text: string }[] = [];

  add(where: string, text: string): void {
    this.#texts.push({ where, text });
  }

  /** The places that hold any of the secrets, in any of the spellings a program could print it in. */
  leaks(secrets: readonly string[]): string[] {
    const spellings = secrets.flatMap(spellingsOf);
    return this.#texts.filter(({ text }) => spellings.some((each) => text.includes(each))).map(({ where }) => where);
  }
}

/** The secret, its end, and it URL-encoded, hexadecimal, and in base64 at each of the three places in a longer text. */
export function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const shifted = [0, 1, 2].flatMap((start) => {
    const whole = bytes.subarray(start, bytes.length - ((bytes.length - start) % 3));
    return [whole.toString('base64'), whole.toString('base64url')];
  });
  return [...new Set([secret, secret.slice(-24), encodeURIComponent(secret), hex, hex.toUpperCase(), ...shifted])];
}

/**
 * Puts programs of these names before all others on PATH. Each writes its arguments and environment to the returned
 * file, then becomes the real one, when there is one.
 */
export function spyOnPrograms(home: TestHome, names: readonly string[]): { path: string; log: string } {
  const directory = join(home.directory, 'spies');
  const log = join(home.directory, 'spied');
  mkdirSync(directory);
  const path = home.variables['PATH'] ?? '';
  for (const name of names) {
    const script = `#!/bin/sh
{ echo "${name} started"; tr '\\0' '\\n' </proc/$$/cmdline; env; } >>'${log}'
PATH='${path}'
command -v ${name} >/dev/null && exec ${name} "$@"
exit 0
`;
    writeFileSync(join(directory, name), script);
    chmodSync(join(directory, name), 0o755);
  }
  writeFileSync(log, '', { mode: 0o600 });
  return { path: directory + delimiter + path, log };
}

/** The files that hold a secret and everything below the root, where their mode lets others in. */
export function looseEntries(home: TestHome, secrets: readonly string[]): string[] {
  const entries = readdirSync(home.directory, { recursive: true, withFileTypes: true });
  const evidence = new Evidence();
  const loose = entries.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    const isLoose = (statSync(path).mode & 0o077) !== 0;
    if (!isLoose) return [];
    if (entry.isFile()) evidence.add(path, readFileSync(path, 'latin1'));
    return path.startsWith(home.root) ? [path] : [];
  });
  return [...loose, ...evidence.leaks(secrets)];
}
