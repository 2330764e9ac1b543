/** `npm run demo`: the product as a person would use it, against the stand-in for the provider, in a home of its own. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProvider } from '../provider/start.js';
import { chapters } from './chapters.js';
import { Stage } from './stage.js';
import { tell } from './tell.js';

const directory = mkdtempSync(join(realpathSync(tmpdir()), 'codex-auth-demo-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));

const { stdout } = process;
const provider = await startProvider();
const stage = new Stage(directory, provider, {
  write: (text) => void stdout.write(text),
  hasColor: stdout.isTTY === true && stdout.hasColors(),
  ...(stdout.columns > 0 ? { width: stdout.columns } : {}),
});

let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop());

/** A terminal sends Ctrl-C to every process, and npm and tsx pass it on once more: one of them is enough. */
async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await stage.abandon();
  stdout.write('\nStopped. Nothing is left behind.\n');
  process.exit(130);
}

stage.say(`The product against a stand-in for the provider at ${provider.issuer}.
Everything happens below ${directory}, which is removed at the end.`);
process.exitCode = (await tell(chapters, stage)) ? 0 : 1;
await provider.stop();
rmSync(directory, { recursive: true, force: true });
stage.say('The stand-in has stopped and its directory is gone; your own accounts were never touched.');
