import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Variables } from '../environment.js';
import { AppError } from '../errors.js';
import { describe } from '../storage/file-errors.js';
import { shimBindingsName } from '../storage/paths.js';
import { readHead, readNow } from '../storage/regular-file.js';
import { executablesOnPath } from './on-path.js';
import { quotedForPosix, quotedForPowershell } from './path-block.js';

/** The program that a shim hands "codex auth" to. */
export interface ShimTarget {
  /** The Node that runs it. */
  readonly node: string;
  /** `bin/codex-auth.js`, or the link to it that a package manager made. */
  readonly script: string;
}

/** What a shell can find under the name `codex`, by file name. */
export function shimNames(isWindows: boolean): readonly ShimName[] {
  return isWindows ? ['codex', 'codex.cmd', 'codex.ps1'] : ['codex'];
}

export type ShimName = 'codex' | 'codex.cmd' | 'codex.ps1';

const quoting: Readonly<Record<ShimName, (path: string) => string>> = {
  codex: quotedForPosix,
  'codex.cmd': (path) => path.replaceAll('%', '%%'),
  'codex.ps1': quotedForPowershell,
};

/** The script to install: the template of that name, which lies beside the program, with the target in it. */
export function shimText(name: ShimName, target: ShimTarget): string {
  const template = readTemplate(name, target.script);
  return template.replace(/'?@(node|script)@'?/g, (_, part: keyof ShimTarget) => quoting[name](target[part]));
}

function readTemplate(name: ShimName, script: string): string {
  try {
    return readNow(join(dirname(realpathSync(script)), name)).toString('utf8');
  } catch (error) {
    throw new AppError('storage-unreadable', `cannot read the ${name} that comes with ${script}: ${describe(error)}`, {
      hint: 'install codex-auth again, in the way you did',
      details: { path: script },
    });
  }
}

export const shimSignature = 'codex-auth shim:';

/** Whether a text, or the beginning of one, is a shim of ours, of whatever version. */
export function isShimText(text: string): boolean {
  return text.slice(0, headLength).includes(shimSignature);
}

const headLength = 200;

/** Whether a file is a shim of ours, without reading more of it: the official client is large. */
export function isShim(path: string): boolean {
  try {
    return isShimText(readHead(path, headLength).toString('latin1'));
  } catch {
    // A program that may be run but not read is none of ours.
    return false;
  }
}

/** Whether an installed shim is of a version that looks for bindings. */
export function knowsBindings(shim: string): boolean {
  try {
    return readNow(shim).includes(shimBindingsName);
  } catch {
    // The shim is absent or closed to us, and looks for nothing then.
    return false;
  }
}

/** The program that an installed shim hands "codex auth" to; undefined when that cannot be told. */
export function targetOf(shim: string): ShimTarget | undefined {
  let text: string;
  try {
    text = readNow(shim).toString('utf8');
  } catch {
    // The shim is absent or closed to us. The caller finds that out by itself.
    return undefined;
  }
  const [node, script] = ['node', 'script'].map((part) => {
    const quoted = new RegExp(`^codex_auth_${part}='(.*)'$`, 'm').exec(text)?.[1];
    return quoted?.replaceAll(`'\\''`, "'");
  });
  return node === undefined || script === undefined ? undefined : { node, script };
}

/**
 * The target under the names that outlive an update. Node knows itself by its real path, which with some package managers
 * has its version in it; the link to it that is on PATH has not.
 */
export function lastingTarget(target: ShimTarget, environment: Variables): ShimTarget {
  const link = executablesOnPath('node', environment).find((path) => realpathSync(path) === target.node);
  return { ...target, node: link ?? target.node };
}
