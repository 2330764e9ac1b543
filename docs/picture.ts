/** `npm run picture`: draws README's pictures from real output, against the stand-in for the provider. Needs tmux. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Stage } from '../test/support/demo/stage.js';
import { builtProject } from '../test/support/program-process.js';
import { startProvider } from '../test/support/provider/start.js';
import type { TestHome } from '../test/support/test-home.js';
import { terminalSvg } from './generator/terminal-svg.js';

const directory = mkdtempSync(join(tmpdir(), 'codex-auth-picture-'));
const provider = await startProvider();
try {
  const images = fileURLToPath(new URL('images', import.meta.url));
  mkdirSync(images, { recursive: true });
  const { listed, dashboard } = await perform();
  writeFileSync(join(images, 'list.svg'), terminalSvg(listed, 'What codex-auth list and best print'));
  writeFileSync(join(images, 'dashboard.svg'), terminalSvg(dashboard, 'The dashboard that codex-auth opens'));
  process.stdout.write('docs/images/list.svg and dashboard.svg written\n');
} finally {
  await provider.stop();
  rmSync(directory, { recursive: true, force: true });
}

/** Three accounts with something to tell about each, and what a terminal shows of them. */
async function perform(): Promise<{ listed: string; dashboard: string }> {
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
  return { listed: shown.trimStart(), dashboard: await dashboardOf(stage.home) };
}

/** The screen that the bare command opens, without the line that says that the provider is a stand-in. */
async function dashboardOf({ variables, cwd }: TestHome): Promise<string> {
  const socket = join(directory, 'tmux');
  const tmux = (...argv: string[]) =>
    execFileSync('tmux', ['-u', '-f', '/dev/null', '-S', socket, ...argv], {
      encoding: 'utf8',
      env: { ...variables, TERM: 'xterm-256color', LANG: 'C.UTF-8' },
    });
  const program = `exec '${process.execPath}' '${join(builtProject(), 'bin', 'codex-auth.js')}'`;
  tmux('new-session', '-d', '-x', '88', '-y', '19', '-c', cwd, program);
  try {
    while (!tmux('capture-pane', '-p').includes('quit')) await delay(100);
    await delay(1_000);
    const lines = styledAlone(tmux('capture-pane', '-e', '-p').split('\n'));
    return lines.filter((line) => !line.includes('CODEX_AUTH_')).join('\n');
  } finally {
    tmux('kill-server');
  }
}

/** tmux prints a style once for several lines, but each line of a picture needs its own. */
function styledAlone(lines: readonly string[]): string[] {
  let style = '';
  return lines.map((line) => {
    const whole = style + line;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a style begins with one
    for (const [code] of line.matchAll(/\u001b\[[\d;]*m/g)) style = /\[0?m/.test(code) ? '' : style + code;
    return whole;
  });
}
