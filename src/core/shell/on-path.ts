import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

type Variables = Readonly<Record<string, string>>;

/** Every program of that name in the order of PATH, as a shell would look for it. */
export function executablesOnPath(name: string, environment: Variables): string[] {
  return placesOnPath(name, environment).filter(isExecutable);
}

export function executableOnPath(name: string, environment: Variables): string | undefined {
  return placesOnPath(name, environment).find(isExecutable);
}

function placesOnPath(name: string, environment: Variables): string[] {
  const directories = pathOf(environment).filter((each) => each !== '');
  // Windows runs no file without one of these endings.
  const endings = delimiter === ';' ? (environment['PATHEXT'] ?? '.COM;.EXE;.BAT;.CMD').split(';') : [''];
  return directories.flatMap((directory) => endings.map((ending) => join(directory, `${name}${ending}`)));
}

export function pathOf(environment: Variables): string[] {
  // Windows spells it either way.
  return (environment['PATH'] ?? environment['Path'] ?? '').split(delimiter);
}

/** Whether there is a file that may be run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Not there, or not to be run.
    return false;
  }
}
