/**
 * Tells of every change to the file system before it is made, in whichever way Node offers it: the steps at which a
 * test ends a process (`kill-at-step.mjs`) or a run inside of its own (`crash/victim.ts`). With `hasHalves` a write is
 * two steps: before it, and with half of its bytes written. Node implements some functions through others (`rmSync`
 * through `unlinkSync`): such a call can be two steps, which costs a run and misses nothing.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const real = { ...fs };
/** Open descriptors of watched files, by number. */
const watched = new Map();
/** Watches nothing, until `watchChanges` is called. */
let watcher = { isWatched: (_path) => false, onStep: (_description, _half) => undefined, hasHalves: false };

export function watchChanges(next) {
  watcher = next;
}

function pathOf(subject) {
  if (typeof subject === 'number') return watched.get(subject);
  if (typeof subject?.fd === 'number') return watched.get(subject.fd);
  if (subject instanceof URL) return fileURLToPath(subject);
  return typeof subject === 'string' || Buffer.isBuffer(subject) ? resolve(String(subject)) : undefined;
}

function before(name, subjects, half) {
  const path = subjects.map(pathOf).find((each) => each !== undefined && watcher.isWatched(each));
  if (path === undefined) return;
  watcher.onStep(`${name} ${basename(path)}`);
  if (half !== undefined && watcher.hasHalves) watcher.onStep(`${name} ${basename(path)} (half)`, half);
}

/** What a call changes: the positions of its path arguments. */
const one = [0];
const changes = {
  rename: [0, 1],
  link: [1],
  symlink: [1],
  copyFile: [1],
  cp: [1],
  ...Object.fromEntries(
    // biome-ignore format: a plain list
    ['unlink', 'rm', 'rmdir', 'mkdir', 'mkdtemp', 'truncate', 'ftruncate', 'fsync', 'fdatasync', 'chmod', 'fchmod',
      'chown', 'fchown', 'utimes', 'futimes', 'lutimes', 'writev'].map((name) => [name, one]),
  ),
};

const bytes = (data, encoding) =>
  typeof data === 'string'
    ? Buffer.from(data, encoding)
    : ArrayBuffer.isView(data)
      ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      : undefined;

function halfOfWrite(subject, data, ...rest) {
  const fd = typeof subject === 'number' ? subject : subject.fd;
  if (typeof data === 'string') {
    const content = bytes(data, typeof rest[1] === 'string' ? rest[1] : 'utf8');
    return () => real.writeSync(fd, content, 0, content.length >> 1, typeof rest[0] === 'number' ? rest[0] : null);
  }
  const options =
    typeof rest[0] === 'object' && rest[0] !== null ? rest[0] : { offset: rest[0], length: rest[1], position: rest[2] };
  const offset = options.offset ?? 0;
  const length = options.length ?? data.byteLength - offset;
  const position = typeof options.position === 'number' ? options.position : null;
  return () => real.writeSync(fd, data, offset, length >> 1, position);
}

function halfOfWriteFile(defaultFlag, subject, data, options) {
  const {
    flag = defaultFlag,
    mode = 0o666,
    encoding = 'utf8',
  } = typeof options === 'string'
    ? { encoding: options }
    : typeof options === 'object' && options !== null
      ? options
      : {};
  const content = bytes(data, encoding ?? 'utf8');
  if (content === undefined) return undefined;
  return () => {
    const fd = typeof subject === 'number' ? subject : (subject.fd ?? real.openSync(subject, flag, mode));
    real.writeSync(fd, content, 0, content.length >> 1);
  };
}

const isWriting = (flags) =>
  typeof flags === 'number'
    ? (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR | fs.constants.O_CREAT)) !== 0
    : typeof flags === 'string' && flags !== 'r' && flags !== 'rs';

function remember(subject, fd) {
  const path = pathOf(subject);
  if (path !== undefined && watcher.isWatched(path)) watched.set(fd, path);
  else watched.delete(fd);
}

/** Announces the steps of a call, given its name without `Sync` and its arguments. */
function announce(name, args) {
  if (name === 'write') before(name, [args[0]], pathOf(args[0]) && halfOfWrite(...args));
  else if (name === 'writeFile') before(name, [args[0]], halfOfWriteFile('w', ...args));
  else if (name === 'appendFile') before(name, [args[0]], halfOfWriteFile('a', ...args));
  else if (name === 'open') isWriting(args[1]) && before(name, [args[0]]);
  else
    before(
      name,
      changes[name].map((position) => args[position]),
    );
}

const names = [...Object.keys(changes), 'write', 'writeFile', 'appendFile'];
for (const name of names) {
  for (const [holder, key] of [
    [fs, name],
    [fs, `${name}Sync`],
    [fs.promises, name],
  ]) {
    const original = holder[key];
    if (typeof original !== 'function') continue;
    holder[key] = function (...args) {
      announce(name, args);
      return original.apply(this, args);
    };
  }
}

fs.openSync = (...args) => {
  announce('open', args);
  const fd = real.openSync(...args);
  remember(args[0], fd);
  return fd;
};
fs.open = (...args) => {
  announce('open', args);
  const done = args.pop();
  real.open(...args, (error, fd) => {
    if (!error) remember(args[0], fd);
    done(error, fd);
  });
};
const realOpen = fs.promises.open;
fs.promises.open = async (...args) => {
  announce('open', args);
  const handle = await realOpen(...args);
  remember(args[0], handle.fd);
  return handle;
};

const probe = await realOpen(fileURLToPath(import.meta.url));
const handles = Object.getPrototypeOf(probe);
await probe.close();
const handleMethods = {
  sync: 'fsync',
  datasync: 'fdatasync',
  truncate: 'ftruncate',
  chmod: 'fchmod',
  chown: 'fchown',
  utimes: 'futimes',
  write: 'write',
  writev: 'writev',
  writeFile: 'writeFile',
  appendFile: 'appendFile',
};
for (const [method, name] of Object.entries(handleMethods)) {
  const original = handles[method];
  handles[method] = function (...args) {
    announce(name, [this, ...args]);
    return original.apply(this, args);
  };
}

syncBuiltinESMExports();
