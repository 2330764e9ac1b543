import { realpathSync } from 'node:fs';
import { executablesOnPath } from './on-path.js';

/** Another program that answers to our name, and the npm package it is from, where its place tells. */
export interface Namesake {
  readonly path: string;
  readonly package?: string;
}

/** The first `codex-auth` on PATH, where it is not the program that runs now. */
export function findNamesake(script: string, environment: Readonly<Record<string, string>>): Namesake | undefined {
  const [path] = executablesOnPath('codex-auth', environment);
  if (path === undefined) return undefined;
  const target = realpathSync(path);
  if (target === realpathSync(script)) return undefined;
  const name = /[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/](?!.*[\\/]node_modules[\\/])/.exec(target)?.[1];
  // Of another installation of ours the path says enough.
  if (name === undefined || name === 'codex-auth') return { path };
  return { path, package: name.replaceAll('\\', '/') };
}
