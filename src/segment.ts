import { systemClock } from './core/clock.js';
import { codexHomeAt } from './core/codex/home.js';
import { homeIfNeeded, readEnvironment } from './core/environment.js';
import { AppError } from './core/errors.js';
import { locateScope, scopeForReading } from './core/project/scope.js';
import { readSegment } from './core/segment/segment.js';
import {
  escapedFor,
  type SegmentFormat,
  segmentFormats,
  segmentOfTrouble,
  segmentText,
} from './core/segment/segment-text.js';
import { resolveSetting } from './core/settings.js';
import { locate, rootPaths } from './core/storage/paths.js';
import { systemProcesses } from './core/storage/process-table.js';
import { readSettings } from './core/storage/settings-file.js';
import { usual } from './process/giving-up.js';
import { plainOutput } from './process/plain-output.js';

// The process of `segment`, which a prompt starts before each command line: small enough to need no compiled form, so
// that it leaves nothing behind (docs/decisions/056-segment-and-status-line.md). Whatever this bundle does not
// understand, the bundle with all commands runs.

export { runSegment as run };

async function runSegment(): Promise<boolean> {
  const text = escapedFor(formatIn(process.argv), segment());
  if (!usual.isAsUsual()) return false;
  if (text !== '') (plainOutput(1, () => process.stdout) ?? process.stdout).write(`${text}\n`);
  process.exit();
}

function segment(): string {
  try {
    const environment = readEnvironment(process.env);
    const home = homeIfNeeded(environment);
    const { codexHome, root, problem } = locate({ ...environment, home }, process.cwd());
    if (problem !== undefined) return segmentOfTrouble;
    const paths = rootPaths(root);
    const setting = resolveSetting(
      'perProjectAccounts',
      readSettings(undefined, paths.settings).values,
      environment.raw,
    );
    const perProjectAccounts = setting.value === true;
    const { scope } = scopeForReading(locateScope({}, { perProjectAccounts }, { cwd: process.cwd(), home }));
    const found = readSegment({ paths, clock: systemClock, processes: systemProcesses }, codexHomeAt(codexHome), scope);
    return found === undefined ? '' : segmentText(found, systemClock.now());
  } catch (error) {
    if (error instanceof AppError) return segmentOfTrouble;
    if (!usual.isAsUsual()) return '';
    throw error;
  }
}

function formatIn(argv: readonly string[]): SegmentFormat {
  const given = argv.at(-1)?.replace(/^--format=/, '');
  return segmentFormats.find((format) => format === given) ?? 'plain';
}
