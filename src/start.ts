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

/** Each of these, given alone, asks for help, which needs nothing but the command tree. */
const asksForHelp = ['--help', '-h', 'help'];

/** Whether the command tree alone has the answer: no command is run. */
function asksForTree(command: string, words: readonly string[]): boolean {
  return command === '__complete' || (words.length === 1 && asksForHelp.includes(command));
}

/**
 * The quick bundle has these, too, where they only look: with `--cached`, and no option with a value or that does more.
 */
const quickWhenCached = ['forecast', 'best'];
const looksOnly = /^--(cached|json|explain|csv|global|mask|plain|no-color|no-input|allow-credits)$/;

/** The word in the place of the command. Options before it are not skipped: the value of one could be taken for it. */
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

/** These end at once. Their bundle is the whole program without the other commands. */
const briefCommands = ['label', 'switch', 'doctor'];

/** The smallest bundle has only these, without any option; what is not as usual (as-usual.ts) it leaves to `quick`. */
const shown = ['list', 'ls', 'status'];

/** A prompt asks in one of these ways; every other is left to the bundle with all commands. */
function isSegmentForPrompt([first, ...words]: readonly string[]): boolean {
  const [command, ...options] = first === 'auth' ? words : [first, ...words];
  return command === 'segment' && /^(--format[ =](plain|bash|zsh|fish|tmux|starship))?$/.test(options.join(' '));
}

type Bundle = 'show' | 'run' | 'tree' | 'quick' | 'brief' | 'cli' | 'segment';

/** Resolves to false where the bundle leaves the command to a larger one, and has written nothing. */
type Run = (leaving: Leaving) => Promise<boolean>;

/** Runs one bundle after the other until one has done what is asked; the last one can do everything. */
async function runFirst([name, ...larger]: readonly [Bundle, ...Bundle[]], command: string): Promise<void> {
  const isDone = await runBundle(name, command);
  const [next, ...others] = larger;
  if (!isDone && next !== undefined) await runFirst([next, ...others], command);
}

/**
 * Runs a file that has all that a command needs but large packages, from V8's compiled form where a run has left it.
 */
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
    // 0 and 1 are answers. A run with another exit code has missed most of what the next one needs.
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

/** Each source file in a bundle calls `require` for itself, and Node looks its own modules up anew at each call. */
function requireOnce(name: string): unknown {
  if (!required.has(name)) required.set(name, require(name));
  return required.get(name);
}

/** Loads a part of the program that exists only as a module. */
function load(file: string): Promise<unknown> {
  return import(pathToFileURL(join(__dirname, file)).href);
}

/** No cache for a word that cannot be the name of a command. */
function findCache(bundle: string, command: string, source: Buffer): CodeCache | undefined {
  // A prompt runs `segment` before every line that is typed, so that it leaves no file behind.
  if (bundle === 'segment' || !/^[a-z_-]{1,40}$/.test(command)) return undefined;
  const root = findRoot();
  // Another bundle may run the same command after this one, and has a cache of its own.
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
    // There is no current directory. The command itself reports that.
    return undefined;
  }
}

function isShown(words: readonly string[]): boolean {
  return shown.includes(firstWord(words)) && words.at(-1) === firstWord(words);
}

/**
 * Whether this is `run` as it is mostly typed and as the shim calls it, and homes of accounts may be ready. Every other
 * option is left to the bundle with all commands.
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
