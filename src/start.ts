import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { homeIfNeeded, readEnvironment } from './core/environment.js';
import { locate } from './core/storage/paths.js';
import { type CodeCache, openCodeCache } from './process/code-cache.js';

// The first thing that runs, built as CommonJS: `list` and `status` are typed all day, Tab is pressed more often still, and
// most of what they would take is Node loading two dozen modules and compiling them anew each time
// (docs/decisions/010-quick-bundle.md).

const quickCommands = ['list', 'ls', 'status', '__complete'];

/** Only where the command comes first, so that no option's value is taken for it. */
function quickCommand([first, second]: readonly string[]): string | undefined {
  return quickCommands.find((name) => name === (first === 'auth' ? second : first));
}

/** One file with everything these commands need, and V8's compiled form of it where an earlier run has left one. */
function runQuick(command: string): void {
  const filename = join(__dirname, 'quick.cjs');
  const source = readFileSync(filename);
  const cache = findCache(command, source);
  const script = new Script(source.toString(), {
    filename: pathToFileURL(filename).href,
    ...(cache?.compiled === undefined ? {} : { cachedData: cache.compiled }),
  });
  const leavesCache = cache?.isDue === true;
  if (leavesCache) {
    // 0 and 1 are answers; whatever else ends a run has kept it from most of what the next one needs.
    process.once('exit', (code) => {
      if (code <= 1) cache.keep(() => script.createCachedData());
    });
  }
  const bundle: { exports: { runQuick?: (leavesCache: boolean) => void } } = { exports: {} };
  script.runInThisContext()(require, bundle);
  bundle.exports.runQuick?.(leavesCache);
}

function findCache(command: string, source: Buffer): CodeCache | undefined {
  try {
    const environment = readEnvironment(process.env);
    const { root } = locate({ ...environment, home: homeIfNeeded(environment) }, process.cwd());
    return openCodeCache(root, command, source);
  } catch {
    // No home, no current directory, or a root that cannot be looked at: the command itself says so.
    return undefined;
  }
}

const command = quickCommand(process.argv.slice(2));
if (command === undefined) void import('./main.js');
else runQuick(command);
