import { readSync, type Stats, statSync } from 'node:fs';
import { wallClock } from '../core/clock.js';
import { systemErrorCode } from '../core/errors.js';
import { type PrivateCache, privateCache, withCached } from '../core/storage/private-cache.js';
import { keepCodeCache } from './keep-code-cache.js';

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
  /** Whether to save V8's compiled form of what has run. A run that is not like those to come sets it to false. */
  codeCache: boolean;
}

/** A cache has what the first run happened to need. A run after this time makes it anew. */
const lifeMs = 24 * 3_600_000;

/** A larger file was not written by this program. */
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
  const header = headerOf(runtime);
  const file = withCached(cache, name, mostBytes, (descriptor, facts) => read(descriptor, facts, header, source));
  return {
    compiled: file?.compiled,
    isDue: file === undefined || wallClock() - file.writtenAt > lifeMs,
    keep(compile) {
      try {
        keepCodeCache({ cache, name, header, source }, compile);
      } catch (error) {
        // An update of the package may have removed the file that `keepCodeCache` is loaded from.
        if (systemErrorCode(error) !== 'MODULE_NOT_FOUND') throw error;
      }
    },
  };
}

function ownCache(root: string): PrivateCache | undefined {
  try {
    return privateCache(root, process.geteuid?.());
  } catch {
    // The root cannot be read. The command itself reports that.
    return undefined;
  }
}

/**
 * Everything that the compiled form depends on besides the source, in ASCII. Two builds of one version of Node differ
 * in the size or the time of their file; options and coverage change what V8 makes.
 */
function describeRuntime(command: string): string {
  const { version, versions, arch, platform, execArgv, execPath, env } = process;
  const { size, mtimeMs } = statSync(execPath);
  const options = [execArgv, env['NODE_OPTIONS'], env['NODE_V8_COVERAGE'] !== undefined];
  return encodeURI(JSON.stringify([command, version, versions.v8, arch, platform, execPath, size, mtimeMs, options]));
}

/** For the name of the file only: its header tells in full what it was made for (FNV-1a, 32 bits). */
function shortNameOf(runtime: string): string {
  let sum = 0x811c9dc5;
  for (let at = 0; at < runtime.length; at += 1) sum = Math.imul(sum ^ runtime.charCodeAt(at), 0x01000193);
  return (sum >>> 0).toString(16);
}

/** As a text, because Node has less to load for that than for bytes. */
function headerOf(runtime: string): string {
  // With every possible byte, so that damage which turns one byte into another everywhere shows in the header too.
  return runtime + String.fromCharCode(...Array(256).keys());
}

interface Kept {
  readonly compiled: Buffer;
  readonly writtenAt: number;
}

/** What `keepCodeCache` has written, if the file is exactly that. */
function read(descriptor: number, { size, mtimeMs }: Stats, header: string, source: Buffer): Kept | undefined {
  const length = (size - header.length - source.length) / 2;
  if (length <= 0 || !Number.isInteger(length)) return undefined;
  if (next(descriptor, header.length).toString('latin1') !== header) return undefined;
  const compiled = next(descriptor, length);
  return isNext(descriptor, compiled) && isNext(descriptor, source) ? { compiled, writtenAt: mtimeMs } : undefined;
}

/** The next bytes of the file. Not from Node's pool: V8 copies a compiled form whose address is not aligned. */
function next(descriptor: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  return bytes.subarray(0, readSync(descriptor, bytes));
}

/** Fits into the processor's cache, and the system has to give no more memory than this. */
const pieceBytes = 64 * 1024;

/** Whether these bytes follow in the file. */
function isNext(descriptor: number, bytes: Buffer): boolean {
  const piece = Buffer.allocUnsafeSlow(pieceBytes);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const expected = bytes.subarray(at, at + pieceBytes);
    const length = readSync(descriptor, piece, 0, expected.length, null);
    if (!expected.equals(piece.subarray(0, length))) return false;
  }
  return true;
}
