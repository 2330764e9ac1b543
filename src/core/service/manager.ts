import { join } from 'node:path';
import type { Variables } from '../environment.js';
import type { RootPaths } from '../storage/paths.js';
import {
  launchdAgent,
  launchdLabel,
  type ServiceFacts,
  systemdUnit,
  windowsTask,
  windowsTaskName,
} from './service-files.js';

/** What starts services on a system, and how it is told. Commands are programs with their arguments; no shell reads them. */
export interface ServiceManager {
  readonly kind: 'systemd' | 'launchd' | 'task-scheduler';
  /** Where its files are. */
  readonly directory: string;
  /** The file of the service of one root. */
  fileOf(id: string): string;
  /** What it calls that service. */
  nameOf(id: string): string;
  /** Whether a file of its directory may be one of ours, and of which root. */
  idIn(fileName: string): string | undefined;
  readonly text: (facts: ServiceFacts) => string;
  /** The steps once the file is there. */
  start(id: string): readonly Step[];
  /** The steps while the file is still there. */
  stop(id: string): readonly Step[];
  /** The steps when the file is gone. */
  forget(): readonly Step[];
  /** A command that ends with 0 where the service is known. */
  status(id: string): readonly string[];
}

export interface Step {
  readonly argv: readonly string[];
  /** The step may fail, because what it undoes may not be there. */
  readonly mayFail?: true;
}

export interface ManagerPlace {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly variables: Variables;
  readonly userId: number;
  readonly paths: RootPaths;
}

/** The service manager of the system; undefined where none is known. */
export function managerOf(place: ManagerPlace): ServiceManager | undefined {
  if (place.platform === 'linux') return systemd(place);
  if (place.platform === 'darwin') return launchd(place);
  return place.platform === 'win32' ? taskScheduler(place) : undefined;
}

function systemd({ home, variables }: ManagerPlace): ServiceManager {
  const config = variables['XDG_CONFIG_HOME'];
  const directory = join(config?.startsWith('/') === true ? config : join(home, '.config'), 'systemd', 'user');
  const nameOf = (id: string) => `codex-auth-guard-${id}.service`;
  const tell = (...words: string[]): Step => ({ argv: ['systemctl', '--user', ...words] });
  return {
    kind: 'systemd',
    directory,
    nameOf,
    fileOf: (id) => join(directory, nameOf(id)),
    idIn: (name) => /^codex-auth-guard-([0-9a-f]{12})\.service$/.exec(name)?.[1],
    text: systemdUnit,
    start: (id) => [tell('daemon-reload'), tell('enable', nameOf(id)), tell('restart', nameOf(id))],
    stop: (id) => [{ ...tell('disable', '--now', nameOf(id)), mayFail: true }],
    forget: () => [{ ...tell('daemon-reload'), mayFail: true }],
    status: (id) => ['systemctl', '--user', 'is-active', nameOf(id)],
  };
}

function launchd({ home, userId }: ManagerPlace): ServiceManager {
  const directory = join(home, 'Library', 'LaunchAgents');
  const domain = `gui/${userId}`;
  const fileOf = (id: string) => join(directory, `${launchdLabel(id)}.plist`);
  const bootout = (id: string): Step => ({
    argv: ['launchctl', 'bootout', `${domain}/${launchdLabel(id)}`],
    mayFail: true,
  });
  return {
    kind: 'launchd',
    directory,
    nameOf: launchdLabel,
    fileOf,
    idIn: (name) => /^codex-auth\.guard\.([0-9a-f]{12})\.plist$/.exec(name)?.[1],
    text: launchdAgent,
    start: (id) => [bootout(id), { argv: ['launchctl', 'bootstrap', domain, fileOf(id)] }],
    stop: (id) => [bootout(id)],
    forget: () => [],
    status: (id) => ['launchctl', 'print', `${domain}/${launchdLabel(id)}`],
  };
}

function taskScheduler({ paths }: ManagerPlace): ServiceManager {
  const tell = (verb: string, id: string, ...words: string[]): Step => ({
    argv: ['schtasks', verb, '/TN', windowsTaskName(id), ...words],
  });
  return {
    kind: 'task-scheduler',
    directory: paths.root,
    nameOf: windowsTaskName,
    fileOf: () => paths.guardTask,
    // The scheduler keeps a copy. The file itself lies in the root of its service, beside no file of another root.
    idIn: () => undefined,
    text: windowsTask,
    start: (id) => [tell('/Create', id, '/XML', paths.guardTask, '/F'), tell('/Run', id)],
    stop: (id) => [
      { ...tell('/End', id), mayFail: true },
      { ...tell('/Delete', id, '/F'), mayFail: true },
    ],
    forget: () => [],
    status: (id) => [...tell('/Query', id).argv],
  };
}
