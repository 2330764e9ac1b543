import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import packageJson from '../package.json' with { type: 'json' };
import { rootIn } from './core/storage/locations.js';
import { privateHomesName, shareFileName } from './core/storage/paths.js';
import { type CodeCache, type Leaving, openCodeCache } from './process/code-cache.js';
import { plainOutput } from './process/plain-output.js';

// The first thing that runs, built as CommonJS: `list` and `status` are typed all day, Tab is pressed more often still, and
// most of what they would take is Node loading two dozen modules and compiling them anew each time
// (docs/decisions/010-quick-bundle.md).

const quickCommands = ['list', 'ls', 'status'];

/** Alone, they ask for what the command tree says. */
const asksForHelp = ['--help', '-h', 'help'];

/** Whether no command is run. */
function asksForTree(command: string, words: readonly string[]): boolean {
  return command === '__complete' || (words.length === 1 && asksForHelp.includes(command));
}

/** These, too, where they only look: with `--cached`, and with no option that takes a value or does more. */
const quickWhenCached = ['forecast', 'best'];
const looksOnly = /^--(cached|json|explain|csv|global|mask|plain|no-color|no-input|allow-credits)$/;

/** What stands in the place of the command; only where it comes first, so that no option's value is taken for one. */
function firstWord([first, second]: readonly string[]): string {
  return (first === 'auth' ? second : first) ?? '';
}

function isQuick(command: string, words: readonly string[]): boolean {
  if (quickCommands.includes(command)) return true;
  const options = words.slice(words.indexOf(command) + 1);
  return (
    quickWhenCached.includes(command) && options.includes('--cached') && options.every((each) => looksOnly.test(each))
  );
}

/** One run of these is over at once: they have the whole program without the other commands. */
const briefCommands = ['label', 'switch', 'doctor'];

/** The smallest bundle has these alone, without any option; whatever is not as usual it leaves to the quick one. */
const shown = ['list', 'ls', 'status'];

/** A prompt asks in one of these ways; every other is for the command line to understand. */
function isSegmentForPrompt([first, ...words]: readonly string[]): boolean {
  const [command, ...options] = first === 'auth' ? words : [first, ...words];
  return command === 'segment' && /^(--format[ =](plain|bash|zsh|fish|tmux|starship))?$/.test(options.join(' '));
}

type Bundle = 'show' | 'run' | 'tree' | 'quick' | 'brief' | 'cli' | 'segment';

/** Resolves to false where the bundle has left it to a larger one, and has said nothing. */
type Run = (leaving: Leaving) => Promise<boolean>;

/** The first that does what is asked; the last one does everything. */
async function runFirst([name, ...larger]: readonly [Bundle, ...Bundle[]], command: string): Promise<void> {
  const isDone = await runBundle(name, command);
  const [next, ...others] = larger;
  if (!isDone && next !== undefined) await runFirst([next, ...others], command);
}

/** One file with all that a command needs but large packages, and V8's compiled form of it where an earlier run left one. */
async function runBundle(name: Bundle, command: string): ReturnType<Run> {
  const filename = join(__dirname, `${name}.cjs`);
  const source = readFileSync(filename);
  const cache = findCache(name, command, source);
  const script = new Script(source.toString('latin1'), {
    filename,
    ...(cache?.compiled === undefined ? {} : { cachedData: cache.compiled }),
  });
  const leaving: Leaving = { codeCache: cache?.isDue === true };
  if (leaving.codeCache) {
    // 0 and 1 are answers; whatever else ends a run has kept it from most of what the next one needs.
    process.once('exit', (code) => {
      if (code <= 1 && leaving.codeCache) cache?.keep(() => script.createCachedData());
    });
  }
  const bundle: { exports: { run?: Run } } = { exports: {} };
  script.runInThisContext()(requireOnce, bundle, load);
  const isDone = (await bundle.exports.run?.(leaving)) === true;
  if (!isDone) leaving.codeCache = false;
  return isDone;
}

const required = new Map<string, unknown>();

/** Each of the files that became a bundle asks anew, and Node looks its own modules through each time. */
function requireOnce(name: string): unknown {
  if (!required.has(name)) required.set(name, require(name));
  return required.get(name);
}

/** The parts that only exist as modules. */
function load(file: string): Promise<unknown> {
  return import(pathToFileURL(join(__dirname, file)).href);
}

/** None for what cannot be the name of a command. */
function findCache(bundle: string, command: string, source: Buffer): CodeCache | undefined {
  // Asked for before every line that is typed, that one leaves nothing behind.
  if (bundle === 'segment' || !/^[a-z_-]{1,40}$/.test(command)) return undefined;
  const root = findRoot();
  // Another bundle may run the same command after it.
  return root === undefined ? undefined : openCodeCache(root, `${bundle}-${command}`, source);
}

let root: { readonly found: string | undefined } | undefined;

/** Where the accounts are; looked for once. */
function findRoot(): string | undefined {
  root ??= { found: lookForRoot() };
  return root.found;
}

function lookForRoot(): string | undefined {
  try {
    return rootIn(process.env, process.cwd());
  } catch {
    // No current directory: the command itself says so.
    return undefined;
  }
}

function isShown(words: readonly string[]): boolean {
  return shown.includes(firstWord(words)) && words.at(-1) === firstWord(words);
}

/**
 * Whether `run` may find the home of an account ready, as it is typed mostly and as the shim calls it: every other option is
 * for the command line to understand.
 */
function isPlainRun([first, ...words]: readonly string[]): boolean {
  const [command, account = '-', dashes] = first === 'auth' ? words : [first, ...words];
  if (command !== 'run' || (dashes !== undefined && dashes !== '--') || !/^(--here$|[^-])/.test(account)) return false;
  const root = findRoot();
  if (root === undefined) return false;
  return existsSync(join(root, privateHomesName)) && !existsSync(join(root, shareFileName));
}

const words = process.argv.slice(2);
const command = firstWord(words);
if (words.length === 1 && (command === '--version' || command === '-V')) {
  (plainOutput(1, () => process.stdout) ?? process.stdout).write(`${packageJson.version}\n`);
} else if (isSegmentForPrompt(words)) void runFirst(['segment', 'cli'], command);
else if (isShown(words)) void runFirst(['show', 'quick', 'cli'], command);
else if (isPlainRun(words)) void runFirst(['run', 'cli'], command);
else if (asksForTree(command, words)) void runFirst(['tree', 'cli'], command);
else if (isQuick(command, words)) void runFirst(['quick', 'cli'], command);
else void runFirst([briefCommands.includes(command) ? 'brief' : 'cli'], command);
