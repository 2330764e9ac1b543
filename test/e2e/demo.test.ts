import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Chapter, chapters } from '../support/demo/chapters.js';
import { Stage } from '../support/demo/stage.js';
import { tell } from '../support/demo/tell.js';
import { startProvider } from '../support/provider/start.js';
import { temporaryDirectory } from '../support/temporary.js';

const main = fileURLToPath(new URL('../support/demo/main.ts', import.meta.url));

/** `npm run demo`, with a directory of its own for whatever it makes. */
function runDemo(temporary: string, onOutput: (text: string, interrupt: () => void) => void = () => undefined) {
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    env: { PATH: process.env['PATH'], TMPDIR: temporary, TMP: temporary, TEMP: temporary, TSX_DISABLE_CACHE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
      onOutput(output, () => child.kill('SIGINT'));
    });
  }
  return new Promise<{ exitCode: number | null; output: string }>((resolve, reject) => {
    child.once('error', reject).once('close', (exitCode) => resolve({ exitCode, output }));
  });
}

/** What a demo leaves, but for the build that tests share, which is made here where a source has changed since. */
function leftIn(temporary: string): string[] {
  return readdirSync(temporary).filter((name) => !name.startsWith('codex-auth-builds-'));
}

describe('the demo', () => {
  it('tells the whole story, readable on a pipe, and leaves nothing behind', async () => {
    const temporary = temporaryDirectory();
    const { exitCode, output } = await runDemo(temporary);

    expect(output).toContain(`${chapters.length} chapters, `);
    expect(output).toContain('all did what they should.\n');
    expect(output.match(/warning: CODEX_AUTH_ISSUER is set/g)).toHaveLength(1);
    expect(exitCode).toBe(0);
    for (const { title } of chapters) expect(output).toContain(`. ${title}\n`);
    expect(output).not.toContain('\u001b');
    expect(leftIn(temporary)).toEqual([]);
  });

  it('ends on Ctrl-C in the middle of a command, and leaves nothing behind', async () => {
    const temporary = temporaryDirectory();
    const { exitCode, output } = await runDemo(temporary, (text, interrupt) => {
      if (text.includes('$ codex-auth login')) interrupt();
    });

    expect(exitCode).toBe(130);
    expect(output).toContain('Nothing is left behind.\n');
    expect(output).not.toContain('all did what they should');
    expect(output).not.toContain('FAILED');
    expect(leftIn(temporary)).toEqual([]);
  });

  it('stops at the first step that goes wrong, and says which', async () => {
    const provider = await startProvider();
    let output = '';
    const write = (text: string) => {
      output += text;
    };
    const stage = new Stage(temporaryDirectory(), provider, { write, hasColor: false });
    const chapter = (title: string, play: Chapter['play']): Chapter => ({ title, about: '', play });
    const isGood = await tell(
      [
        chapter('Fine', async () => void (await stage.type(['list'], { shows: ['There are no accounts yet'] }))),
        chapter('Wrong', async () => void (await stage.type(['switch', '1'], { exitCode: 0 }))),
        chapter('Never', async () => stage.say('not reached')),
      ],
      stage,
    );
    await provider.stop();

    expect(isGood).toBe(false);
    expect(output).toContain('The demo FAILED in "Wrong": codex-auth switch 1 ended with 3 instead of 0');
    expect(output).not.toContain('not reached');
  });
});
