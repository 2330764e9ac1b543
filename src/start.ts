import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import packageJson from '../package.json' with { type: 'json' };
import { homeIfNeeded, readEnvironment } from './core/environment.js';
import { locate } from './core/storage/paths.js';
import { type CodeCache, openCodeCache } from './process/code-cache.js';
import { plainOutput } from './process/plain-output.js';

// The first thing that runs, built as CommonJS: `list` and `status` are typed all day, Tab is pressed more often still, and
// most of what they would take is Node loading two dozen modules and compiling them anew each time
// (docs/decisions/010-quick-bundle.md).

const quickCommands = ['list', 'ls', 'status', '__complete'];

/** What stands in the place of the command; only where it comes first, so that no option's value is taken for one. */
function firstWord([first, second]: readonly string[]): string {
  return (first === 'auth' ? second : first) ?? '';
}

/** A prompt asks in one of these ways; every other is for the command line to understand. */
function isSegmentForPrompt([first, ...words]: readonly string[]): boolean {
  const [command, ...options] = first === 'auth' ? words : [first, ...words];
  return command === 'segment' && /^(--format[ =](plain|bash|zsh|fish|tmux|starship))?$/.test(options.join(' '));
}

type Run = (leavesCache: boolean) => unknown;

/** One file with all that a command needs but large packages, and V8's compiled form of it where an earlier run left one. */
function runBundle(name: 'quick' | 'cli' | 'segment', command: string): void {
  const filename = join(__dirname, `${name}.cjs`);
  const source = readFileSync(filename);
  // Asked for before every line that is typed: it leaves nothing behind.
  const cache = name === 'segment' ? undefined : findCache(command, source);
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
  const bundle: { exports: { run?: Run } } = { exports: {} };
  script.runInThisContext()(require, bundle, load);
  bundle.exports.run?.(leavesCache);
}

/** The parts that only exist as modules. */
function load(file: string): Promise<unknown> {
  return import(pathToFileURL(join(__dirname, file)).href);
}

/** None for what cannot be the name of a command. */
function findCache(command: string, source: Buffer): CodeCache | undefined {
  if (!/^[a-z_-]{1,40}$/.test(command)) return undefined;
  try {
    const environment = readEnvironment(process.env);
    const { root } = locate({ ...environment, home: homeIfNeeded(environment) }, process.cwd());
    return openCodeCache(root, command, source);
  } catch {
    // No home, no current directory, or a root that cannot be looked at: the command itself says so.
    return undefined;
  }
}

const words = process.argv.slice(2);
const command = firstWord(words);
if (words.length === 1 && (command === '--version' || command === '-V')) {
  (plainOutput(1, () => process.stdout) ?? process.stdout).write(`${packageJson.version}\n`);
} else if (isSegmentForPrompt(words)) runBundle('segment', command);
else runBundle(quickCommands.includes(command) ? 'quick' : 'cli', command);
