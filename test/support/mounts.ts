import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';

/** Whether a process of this user can have mounts of its own. */
export const canHaveMounts =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', '--propagation', 'private', 'true']).status === 0;

/**
 * The command that runs a program where this shell script has mounted something; `$1` and so on are its words. It starts
 * nothing unless the mounts are its own.
 */
export function withMounts(script: string, ...words: readonly string[]): readonly string[] {
  const outside = readlinkSync('/proc/self/ns/mnt');
  const lines = `set -eu; [ "$(readlink /proc/self/ns/mnt)" != '${outside}' ] || exit 97
${script}
shift ${words.length}; exec "$@"`;
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', lines, 'sh', ...words];
}

/** A file that is mounted by itself, as into a container: it can be written, and nothing can take its place. */
export function mountedFile(path: string): readonly string[] {
  return withMounts('mount --bind "$1" "$1"', path);
}

/** A program in namespaces of its own, as in a container: it sees no other process, and the machine has this name. */
export function inContainer(name: string): readonly string[] {
  const namespaces = ['--mount', '--propagation', 'private', '--pid', '--fork', '--mount-proc', '--uts', '--ipc'];
  return ['unshare', ...namespaces, 'sh', '-c', 'hostname "$1"; shift; exec "$@"', 'sh', name];
}

/** A directory that can only be read. */
export function readOnlyDirectory(path: string): readonly string[] {
  return withMounts('mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"', path);
}

/** A directory that can only be read, with one file in it that can be written. */
export function readOnlyAround(directory: string, file: string): readonly string[] {
  return withMounts('mount --bind "$1" "$1"; mount --bind "$2" "$2"; mount -o remount,bind,ro "$1"', directory, file);
}
