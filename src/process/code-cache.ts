import { statSync } from 'node:fs';
import { systemClock } from '../core/clock.js';
import { indexPrefix, keepCached, type PrivateCache, privateCache, readCached } from '../core/storage/private-cache.js';

/** V8's compiled form of a program, as an earlier run left it. */
export interface CodeCache {
  /** Undefined where there is none that may be believed. */
  readonly compiled: Buffer | undefined;
  /** Whether this run should leave one: there is none, or it is old and may lack what has been run since. */
  readonly isDue: boolean;
  /** Asks for the compiled form only where there is a file to write it to; silent where there is not. */
  keep(compile: () => Buffer): void;
}

/** What a run is to leave for later ones. */
export interface Leaving {
  /** V8's compiled form of what it has run; a run that was not like those to come takes that back. */
  codeCache: boolean;
}

/** For how long a cache holds what the first run happened to need. */
const lifeMs = 24 * 3_600_000;

/** The commands of a day on two Nodes, 1 to 3 MB each. */
const kind = { mostFiles: 16, isOfKind: (name: string) => !name.startsWith(indexPrefix) };

/** Anything larger was not made here. */
const mostBytes = 8 * 1024 * 1024;

/**
 * The cache of a program for one command. V8 crashes on a cache that another Node made or that was damaged, so that a
 * file counts only if it is byte for byte what this Node would write for this source, and nobody but the person could
 * have written it. Undefined where there is no root yet, or it is not the person's own, or the system has no owners.
 */
export function openCodeCache(root: string, command: string, source: Buffer): CodeCache | undefined {
  const cache = ownCache(root);
  if (cache === undefined) return undefined;
  const runtime = describeRuntime(command);
  const name = `${command}-${shortNameOf(runtime)}`;
  const file = readCached(cache, name, mostBytes);
  const compiled = file === undefined ? undefined : compiledIn(file.content, runtime, source);
  return {
    compiled,
    isDue: compiled === undefined || file === undefined || systemClock.now() - file.writtenAt > lifeMs,
    keep: (compile) => keepCached(cache, name, kind, () => contentOf(runtime, compile(), source)),
  };
}

function ownCache(root: string): PrivateCache | undefined {
  try {
    return privateCache(root, process.geteuid?.());
  } catch {
    // A root that cannot be looked at: the command itself says so.
    return undefined;
  }
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
