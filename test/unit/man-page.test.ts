import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { type DocumentedCommand, documentedCommands, inertProgram } from '../../docs/generator/command-tree.js';
import { manPage } from '../../docs/generator/man-page.js';
import { environmentVariables } from '../../src/core/environment.js';
import { hasProgram } from '../support/shell.js';

let commands: DocumentedCommand[];
let page: string;
beforeAll(async () => {
  commands = await documentedCommands();
  [, page] = manPage(commands);
});

/** What a person reads, and what the formatter complains about. */
function render(source: string, device = 'utf8') {
  const { stdout, stderr } = spawnSync('groff', ['-man', `-T${device}`, '-ww', '-P-cbou'], {
    input: source,
    encoding: 'utf8',
  });
  return { text: stdout, complaints: stderr };
}

describe.skipIf(!hasProgram('groff'))('the man page', () => {
  test.each(['utf8', 'ascii'])('is formatted for %s without a complaint', (device) => {
    const { text, complaints } = render(page, device);
    expect(complaints).toBe('');
    expect(text.split('\n').length).toBeGreaterThan(200);
  });

  test('has every command, option, variable and section', () => {
    const words = render(page).text.replace(/\s+/g, ' ');
    for (const { path, declaration } of commands) {
      expect(words).toContain(`codex-auth ${path} `);
      for (const { flags } of declaration.options.filter(({ hidden }) => !hidden)) expect(words).toContain(flags);
    }
    for (const { flags } of inertProgram().options) expect(words).toContain(flags);
    for (const variable of Object.values(environmentVariables)) expect(words).toContain(variable);
    for (const section of ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'COMMANDS', 'GLOBAL OPTIONS', 'ENVIRONMENT', 'FILES'])
      expect(words).toContain(` ${section} `);
    for (const section of ['EXIT STATUS', 'EXAMPLES', 'SEE ALSO']) expect(words).toContain(` ${section} `);
  });

  test('would be complained about, if it were wrong', () => {
    expect(render(`${page}.NO-SUCH-MACRO\n`).complaints).not.toBe('');
  });
});

test('the source of the man page is ASCII, whatever the commands say', () => {
  expect(page).toMatch(/^[ -~\n]+$/);
});
