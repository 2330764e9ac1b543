import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, normalize, sep } from 'node:path';
import type { Variables } from '../environment.js';

/** Every program of that name in the order of PATH, as a shell would look for it. */
export function executablesOnPath(name: string, environment: Variables): string[] {
  return placesOnPath(name, environment).filter(isExecutable).map(normalize);
}

export function executableOnPath(name: string, environment: Variables): string | undefined {
  const found = placesOnPath(name, environment).find(isExecutable);
  return found === undefined ? undefined : normalize(found);
}

/** The places as PATH spells them: normalizing dozens of them takes longer than looking for the program. */
function placesOnPath(name: string, environment: Variables): string[] {
  const directories = pathOf(environment).filter((each) => each !== '');
  // Windows runs no file without one of these endings.
  const endings = delimiter === ';' ? (environment['PATHEXT'] ?? '.COM;.EXE;.BAT;.CMD').split(';') : [''];
  return directories.flatMap((directory) => endings.map((ending) => `${directory}${sep}${name}${ending}`));
}

export function pathOf(environment: Variables): string[] {
  // Windows spells the name of the variable either way.
  return (environment['PATH'] ?? environment['Path'] ?? '').split(delimiter);
}

/** Whether there is a file that may be run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // The file is not there, or may not be run.
    return false;
  }
}

/** Another program that answers to our name, and the npm package it is from, where its place tells. */
interface Namesake {
  readonly path: string;
  readonly package?: string;
}

/** The first `codex-auth` on PATH, where it is not the program that runs now. */
export function findNamesake(script: string, environment: Variables): Namesake | undefined {
  const [path] = executablesOnPath('codex-auth', environment);
  if (path === undefined) return undefined;
  const target = realpathSync(path);
  if (target === realpathSync(script)) return undefined;
  const name = /[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/](?!.*[\\/]node_modules[\\/])/.exec(target)?.[1];
  // For another installation of this program the path says enough.
  if (name === undefined || name === 'codex-auth') return { path };
  return { path, package: name.replaceAll('\\', '/') };
}
