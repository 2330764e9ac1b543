import { delimiter, join } from 'node:path';
import { AppError } from '../errors.js';
import { resolveTarget } from '../storage/atomic-file.js';
import { shimBindingsName, shimMarkName } from '../storage/paths.js';
import type { Root } from '../storage/root.js';
import { removeEmptyDirectory } from '../storage/traces.js';
import { applyChanges, type Edit, type FileChange, planChange } from './file-change.js';
import { blockLines, hasBrokenBlock, withBlock, withoutBlock } from './marked-block.js';
import { pathBlock } from './path-block.js';
import {
  type SegmentPlace,
  segmentFiles,
  segmentFileToWrite,
  segmentLines,
  segmentProgramLines,
  segmentPrograms,
  showsSegment,
} from './segment-block.js';
import { filesOf, filesToWrite, type ShellName, type ShellPlaces, shellNames } from './shell-files.js';
import { isShimText, type ShimTarget, shimNames, shimText } from './shim.js';

/** A change, and what it is about. */
export interface PlannedChange extends FileChange {
  /** `segment-file`: of tmux or Starship. */
  readonly part: 'shim' | 'shell-file' | 'segment-file';
  /** The lines that come or go, for all but the shim. */
  readonly lines: readonly string[];
}

export interface SetupPlace {
  readonly root: Root;
  readonly shells: ShellPlaces;
}

/**
 * What makes "codex auth" reach the target in these shells: nothing where it does already. The shim comes first, so that
 * PATH never leads to nothing. Throws an error that names the file in the way.
 */
export function planSetup(
  place: SetupPlace,
  shells: readonly ShellName[],
  target: ShimTarget,
  segments: readonly SegmentPlace[] = [],
): PlannedChange[] {
  const { bin } = place.root.paths;
  assertFitsPath(bin);
  const shims = shimNames(place.shells.isWindows).map((name) => shimEdit(join(bin, name), shimText(name, target)));
  const mark: Edit = { path: join(bin, shimMarkName), change: () => markText };
  const blocks = shells.flatMap((shell) => {
    const lines = pathBlock(shell, bin);
    // The first is the one that an interactive shell reads, and so the one with a prompt.
    return filesToWrite(shell, place.shells).map((path, position) =>
      blockEdit(path, putInByHand(shell), (text) => {
        const isShown =
          segments.some((each) => each === shell) || showsSegment(text === undefined ? undefined : blockLines(text));
        return withBlock(text, [...lines, ...(isShown && position === 0 ? segmentLines(shell, target) : [])]);
      }),
    );
  });
  const programs = segmentPrograms
    .filter((program) => segments.includes(program))
    .map((program) => {
      const lines = segmentProgramLines(program, target);
      return blockEdit(segmentFileToWrite(program, place.shells), takeOutByHand, (text) => withBlock(text, lines));
    });
  return [
    ...planAll([mark, ...shims], 'shim', place),
    ...planAll(blocks, 'shell-file', place),
    ...planAll(programs, 'segment-file', place),
  ];
}

/** The way back, in the opposite order. With some shells only, the shim stays for the others. */
export function planUndo(place: SetupPlace, shells?: readonly ShellName[]): PlannedChange[] {
  const { bin } = place.root.paths;
  const files = (shells ?? shellNames).flatMap((shell) => filesOf(shell, place.shells));
  const blocks = files.map((path) =>
    blockEdit(path, takeOutByHand, (text) => (text === undefined ? text : withoutBlock(text))),
  );
  const shims = [...shimNames(true), shimMarkName, shimBindingsName].map((name) => ({
    path: join(bin, name),
    change: withoutShim,
  }));
  if (shells !== undefined) return planAll(blocks, 'shell-file', place);
  const programs = segmentPrograms
    .flatMap((program) => segmentFiles(program, place.shells))
    .map((path) => blockEdit(path, takeOutByHand, (text) => (text === undefined ? text : withoutBlock(text))));
  return [
    ...planAll(blocks, 'shell-file', place),
    ...planAll(programs, 'segment-file', place),
    ...planAll(shims, 'shim', place),
  ];
}

export function applySetup(changes: readonly FileChange[], { root }: SetupPlace): void {
  try {
    applyChanges(changes, root);
  } finally {
    for (const directory of [root.paths.bin, root.paths.root]) removeEmptyDirectory(directory);
  }
}

const markText = 'The scripts in this directory were made by "codex auth setup".\n';

function planAll(edits: readonly Edit[], part: PlannedChange['part'], { root }: SetupPlace): PlannedChange[] {
  // Two names can lead to one file.
  const byTarget = new Map(edits.map((edit) => [resolveTarget(edit.path), edit]));
  return [...byTarget.values()].flatMap((edit) => {
    const change = planChange(edit, root);
    return change === undefined
      ? []
      : [{ ...change, part, lines: blockOf(change.after) ?? blockOf(change.before) ?? [] }];
  });
}

function blockOf(state: FileChange['after']): string[] | undefined {
  return state === undefined ? undefined : blockLines(state.bytes.toString('latin1'));
}

function shimEdit(path: string, content: string): Edit {
  return {
    path,
    mode: 0o755,
    change(text) {
      if (text !== undefined && !isShimText(text)) {
        throw new AppError('storage-conflict', `${path} is in the way: codex-auth did not make it`, {
          hint: 'move it away, then run codex-auth setup again',
          details: { path },
        });
      }
      return Buffer.from(content).toString('latin1');
    },
  };
}

function withoutShim(text: string | undefined): string | undefined {
  return text === undefined || isShimText(text) || text === markText ? undefined : text;
}

const putInByHand = (shell: ShellName) =>
  `put the lines of codex-auth setup --print ${shell} there yourself and run it again, or choose other shells with --shell`;
const takeOutByHand =
  'take out the lines between "# >>> codex-auth" and "# <<< codex-auth" yourself, marks included, and run it again';

function blockEdit(path: string, byHand: string, change: Edit['change']): Edit {
  return {
    path,
    byHand,
    change(text) {
      if (text !== undefined) assertUnderstood(path, text);
      return change(text);
    },
  };
}

function assertUnderstood(path: string, text: string): void {
  if (/^(\xff\xfe|\xfe\xff)/.test(text)) {
    throw new AppError('storage-unreadable', `${path} is UTF-16, which setup cannot add lines to`, {
      hint: 'put them in yourself: codex-auth setup --print powershell',
      details: { path },
    });
  }
  if (!hasBrokenBlock(text)) return;
  throw new AppError('storage-corrupt', `${path} has only one of the two marks around the lines of setup`, {
    hint: takeOutByHand,
    details: { path },
  });
}

function assertFitsPath(directory: string): void {
  if (!directory.includes(delimiter) && !/[\r\n]/.test(directory)) return;
  throw new AppError('usage', `${directory} cannot be on PATH, because of a character in it`, {
    hint: 'choose another place with CODEX_MULTI_AUTH_DIR',
  });
}
