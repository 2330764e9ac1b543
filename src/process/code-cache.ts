import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../core/clock.js';
import { rootPaths } from '../core/storage/paths.js';

/** V8's compiled form of a program, as an earlier run left it. */
export interface CodeCache {
  /** Undefined where there is none that may be believed. */
  readonly compiled: Buffer | undefined;
  /** Whether this run should leave one: there is none, or it is old and may lack what has been run since. */
  readonly isDue: boolean;
  /** Asks for the compiled form only where there is a file to write it to; silent where there is not. */
  keep(compile: () => Buffer): void;
}

/** For how long a cache holds what the first run happened to need. */
const lifeMs = 24 * 3_600_000;

/** The commands of a day on two Nodes, 1 to 3 MB each. */
const mostFiles = 16;

/** Anything larger was not made here. */
const mostBytes = 8 * 1024 * 1024;

/**
 * The cache of a program for one command. V8 crashes on a cache that another Node made or that was damaged, so that a
 * file counts only if it is byte for byte what this Node would write for this source, and nobody but the person could
 * have written it. Undefined where there is no root yet, or it is not the person's own, or the system has no owners.
 */
export function openCodeCache(root: string, command: string, source: Buffer): CodeCache | undefined {
  if (!isOwn(statSync(root, { throwIfNoEntry: false }))) return undefined;
  const directory = rootPaths(root).cache;
  const runtime = describeRuntime(command);
  const path = join(directory, `${command}-${shortNameOf(runtime)}`);
  const file = readOwn(directory, path);
  const compiled = file === undefined ? undefined : compiledIn(file.content, runtime, source);
  return {
    compiled,
    isDue: compiled === undefined || file === undefined || systemClock.now() - file.writtenAt > lifeMs,
    keep(compile) {
      try {
        prepare(directory);
        replace(path, () => contentOf(runtime, compile(), source));
        removeOldest(directory);
      } catch {
        // A full or read-only disk, or a directory of somebody else: the next run compiles again, which only takes longer.
      }
    },
  };
}

/**
 * Everything that the compiled form depends on besides the source. Two builds of one version of Node differ in the file;
 * options and coverage change what V8 makes.
 */
function describeRuntime(command: string): string {
  const { version, versions, arch, platform, execArgv, execPath, env } = process;
  const { size, mtimeMs } = statSync(execPath);
  const options = [execArgv, env['NODE_OPTIONS'], env['NODE_V8_COVERAGE'] !== undefined];
  return JSON.stringify([command, version, versions.v8, arch, platform, execPath, size, mtimeMs, options]);
}

/** For a name only: what a file is for stands in it (FNV-1a, 32 bits). */
function shortNameOf(runtime: string): string {
  let sum = 0x811c9dc5;
  for (const byte of Buffer.from(runtime)) sum = Math.imul(sum ^ byte, 0x01000193);
  return (sum >>> 0).toString(16);
}

/** The compiled form twice, and the source, so that damage shows (docs/decisions/010-quick-bundle.md). */
function contentOf(runtime: string, compiled: Buffer, source: Buffer): Buffer {
  return Buffer.concat([headerOf(runtime), compiled, compiled, source]);
}

/** Every byte there is, which a change of all bytes of one kind would change too. */
const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** A multiple of 8 bytes, because V8 copies what is not aligned. */
function headerOf(runtime: string): Buffer {
  const text = Buffer.from(runtime);
  return Buffer.concat([text, Buffer.alloc(8 - (text.length % 8), '\n'), everyByte]);
}

/** The compiled form in a file, if the file is exactly `contentOf` it. */
function compiledIn(content: Buffer, runtime: string, source: Buffer): Buffer | undefined {
  const header = headerOf(runtime);
  const length = (content.length - header.length - source.length) / 2;
  if (length <= 0 || !Number.isInteger(length)) return undefined;
  const [start, twin, end] = [header.length, header.length + length, header.length + 2 * length];
  const compiled = content.subarray(start, twin);
  const isWhole = compiled.equals(content.subarray(twin, end));
  return isWhole && header.equals(content.subarray(0, start)) && source.equals(content.subarray(end))
    ? compiled
    : undefined;
}

/** What is the person's own, and nobody else can write to. */
function isOwn(facts: Stats | undefined, others = 0): boolean {
  return facts !== undefined && facts.uid === process.geteuid?.() && (facts.mode & others) === 0;
}

const writableByOthers = 0o022;

/** Neither follows a link nor waits for a pipe. */
const plainReading = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

function readOwn(directory: string, path: string): { content: Buffer; writtenAt: number } | undefined {
  const place = lstatSync(directory, { throwIfNoEntry: false });
  if (place?.isDirectory() !== true || !isOwn(place, writableByOthers)) return undefined;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, plainReading);
    const facts = fstatSync(descriptor);
    if (!facts.isFile() || !isOwn(facts, writableByOthers) || facts.size > mostBytes) return undefined;
    // Not pooled: it begins at an address that V8 takes.
    const content = Buffer.allocUnsafeSlow(facts.size);
    const length = readSync(descriptor, content);
    return length === facts.size ? { content, writtenAt: facts.mtimeMs } : undefined;
  } catch {
    // There is none, or none that can be read: the program is compiled, which only takes longer.
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function prepare(directory: string): void {
  if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 });
  const place = lstatSync(directory);
  if (!place.isDirectory() || !isOwn(place)) throw new Error(`${directory} is not a directory of this user`);
  chmodSync(directory, 0o700);
}

/** Not by `core/storage`: nothing is lost with a cache that a power cut takes, and this file is loaded before everything. */
function replace(path: string, make: () => Buffer): void {
  const temporary = `${path}.${process.pid}-${systemClock.now()}`;
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeFileSync(descriptor, make());
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** What older versions and other Nodes used, and what was left by a run that was killed while it wrote. */
function removeOldest(directory: string): void {
  const files = readdirSync(directory).map((name) => ({ path: join(directory, name), at: 0 }));
  for (const file of files) file.at = lstatSync(file.path).mtimeMs;
  for (const { path } of files.sort((a, b) => b.at - a.at).slice(mostFiles)) rmSync(path, { force: true });
}
