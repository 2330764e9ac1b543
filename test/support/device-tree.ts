import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Whether a process of this user can have a /dev of its own. */
export const canHaveDevices =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', '--propagation', 'private', 'true']).status === 0;

const mark = 'of-a-test';

/**
 * Runs a command where /dev is a copy, and writes down afterwards what has become of it. The script starts nothing
 * unless the mounts are its own and /dev is that copy: what these tests are about would cost this machine its
 * /dev/null.
 */
const script = `set -eu
[ "$(readlink /proc/self/ns/mnt)" != "$1" ] || exit 97
tree="$2"; report="$3"; shift 3
mount -t tmpfs -o mode=755 tmpfs "$tree"
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty "$tree"
touch "$tree/${mark}"
mount --bind "$tree" /dev
[ -e /dev/${mark} ] || exit 97
code=0; "$@" || code=$?
stat -c '%n %F %a %t,%T' /dev/null /dev/zero /dev/full > "$report" || true
ls -A /dev >> "$report"
exit $code`;

/** A copy of /dev in a directory of the test, and the command that runs a program with it as root. */
export class DeviceTree {
  readonly prefix: readonly string[];
  readonly #report: string;

  constructor(directory: string) {
    const tree = join(directory, 'dev');
    this.#report = join(directory, 'dev-report');
    mkdirSync(tree);
    const ownMounts = ['unshare', '--mount', '--propagation', 'private'];
    this.prefix = [...ownMounts, 'sh', '-c', script, 'sh', readlinkSync('/proc/self/ns/mnt'), tree, this.#report];
  }

  /** What the last run has left of the devices, one a line, and then every name in /dev. */
  left(): string[] {
    return readFileSync(this.#report, 'utf8').trimEnd().split('\n');
  }
}

/** What {@link DeviceTree.left} says as long as nobody has done anything to it. */
export const untouchedDevices = [
  '/dev/null character special file 666 1,3',
  '/dev/zero character special file 666 1,5',
  '/dev/full character special file 666 1,7',
  'full',
  'null',
  mark,
  'random',
  'tty',
  'urandom',
  'zero',
];
