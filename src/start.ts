import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';

// The first thing that runs, built as CommonJS: `list` and `status` are typed all day, Tab is pressed more often still, and
// most of what they would take is Node loading two dozen modules and compiling them anew each time
// (docs/decisions/010-quick-bundle.md).

const quickCommands = ['list', 'ls', 'status', '__complete'];

/** Only where the command comes first, so that no option's value is taken for it. */
function isQuick([first, second]: readonly string[]): boolean {
  return quickCommands.includes((first === 'auth' ? second : first) ?? '');
}

/** One file with everything these commands need, and V8's compiled form of it where it fits this Node. */
function runQuick(): void {
  const filename = join(__dirname, 'quick.cjs');
  const source = `(function (require) {${readFileSync(filename, 'utf8')}\n})`;
  const cachedData = readCache(join(__dirname, 'quick.cache'));
  const url = pathToFileURL(filename).href;
  const script = new Script(source, cachedData === undefined ? { filename: url } : { filename: url, cachedData });
  script.runInThisContext()(require);
}

/** Made by the build. V8 checks for itself whether the cache is of this version and this source, and else ignores it. */
function readCache(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    // Without it the source is compiled, which only takes longer.
    return undefined;
  }
}

if (isQuick(process.argv.slice(2))) runQuick();
else void import('./main.js');
