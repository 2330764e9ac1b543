/** `npm run picture`: draws README's picture from real output, against the stand-in for the provider. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stage } from '../test/support/demo/stage.js';
import { startProvider } from '../test/support/provider/start.js';
import { terminalSvg } from './generator/terminal-svg.js';

const directory = mkdtempSync(join(tmpdir(), 'codex-auth-picture-'));
const provider = await startProvider();
try {
  const images = fileURLToPath(new URL('images', import.meta.url));
  mkdirSync(images, { recursive: true });
  writeFileSync(join(images, 'list.svg'), terminalSvg(await perform(), 'What codex-auth list and best print'));
  process.stdout.write('docs/images/list.svg written\n');
} finally {
  await provider.stop();
  rmSync(directory, { recursive: true, force: true });
}

/** Three accounts with something to tell about each, and what a terminal shows of them. */
async function perform(): Promise<string> {
  const { people, scenario } = provider;
  const [personal, studio, , carol] = people.all();
  if (personal === undefined || studio === undefined || carol === undefined)
    throw new Error('the demo people have changed');
  scenario.setUsage(personal.key, { fiveHourPercent: 100, fiveHourResetsIn: 4_520, weeklyPercent: 61 });
  scenario.setUsage(studio.key, { fiveHourPercent: 18, fiveHourResetsIn: 11_100, weeklyPercent: 34 });
  scenario.setUsage(carol.key, {
    fiveHourPercent: 5,
    fiveHourResetsIn: 15_000,
    weeklyPercent: 83,
    weeklyResetsIn: 95_000,
  });

  let shown = '';
  let isShown = false;
  const write = (text: string) => {
    if (isShown) shown += text;
  };
  const stage = new Stage(directory, provider, { write, hasColor: true });
  await stage.signIn(personal, ['--label', 'personal']);
  await stage.signIn(studio, ['--label', 'studio']);
  await stage.signIn(carol, ['--label', 'client']);
  await stage.type(['usage'], { exitCode: 'any' });
  isShown = true;
  await stage.type(['list']);
  await stage.type(['best', '--cached']);
  return shown.trimStart();
}
