import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { pathBlock } from '../../../src/core/shell/path-block.js';
import { isMissing, type RealShell, shellPrograms } from '../../support/real-shells.js';
import { temporaryDirectory } from '../../support/temporary.js';

/** A path with characters that a shell could take for something else. */
const bin = `/it's a "bin" \\ *$HOME`;

const paths: readonly [string, string, string][] = [
  ['comes first', '/usr/bin:/bin', `${bin}:/usr/bin:/bin`],
  ['stays first', `${bin}:/usr/bin`, `${bin}:/usr/bin`],
  ['moves up from the middle', `/usr/bin:${bin}:/bin`, `${bin}:/usr/bin:/bin`],
  ['moves up from the end', `/usr/bin:${bin}`, `${bin}:/usr/bin`],
  ['is alone', bin, bin],
  ['is no mere beginning of another', `${bin}2:/bin`, `${bin}:${bin}2:/bin`],
];

/** PATH after the block was read once, and after it was read twice, as in a nested shell. */
function readTwice(shell: RealShell, path: string): string[] {
  const file = join(temporaryDirectory(), 'block');
  writeFileSync(file, `${pathBlock(shell === 'sh' ? 'bash' : shell, bin).join('\n')}\n`);
  const [options, script] =
    shell === 'fish'
      ? [['--no-config'], `source ${file}; string join : $PATH; source ${file}; string join : $PATH`]
      : [['-eu'], `. ${file}; printf '%s\\n' "$PATH"; . ${file}; printf '%s\\n' "$PATH"`];
  const env = { PATH: path, HOME: '/nonexistent' };
  // Node would give bash a socket as its input. bash takes that for a remote login, and reads files of the person.
  const { stdout, stderr } = spawnSync(shellPrograms[shell], [...options, '-c', script], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
}

const shells = ['sh', 'bash', 'zsh', 'fish'] as const;
const named = shells.map(
  (shell) => [isMissing(shell) ? `${shell} (skipped: it is not installed)` : shell, shell] as const,
);

describe.each(named)('in %s a directory', (_, shell) => {
  it.skipIf(isMissing(shell)).each(paths)('%s, with %j', (_, before, after) => {
    expect(readTwice(shell, before)).toEqual([after, after]);
  });
});

test.skipIf(isMissing('bash'))('the directories of others keep their places, empty ones too', () => {
  expect(readTwice('bash', '/a::/b')[0]).toBe(`${bin}:/a::/b`);
  expect(readTwice('bash', ':/a')[0]).toBe(`${bin}::/a`);
  expect(readTwice('bash', `:/a:${bin}:/b`)[0]).toBe(`${bin}::/a:/b`);
});

test.skipIf(isMissing('bash'))('no variable stays behind', () => {
  const script = `${pathBlock('bash', '/bin-of-ours').join('\n')}\necho \${codex_auth_bin-none}`;
  expect(spawnSync(shellPrograms.bash, ['-c', script], { encoding: 'utf8' }).stdout).toBe('none\n');
});

test('on Windows each shell gets the directory as it writes it', () => {
  const directory = 'C:\\Users\\me\\bin';
  expect(pathBlock('bash', directory)[1]).toBe("codex_auth_bin='/c/Users/me/bin'");
  expect(pathBlock('powershell', directory)[1]).toBe(`$codexAuthBin = '${directory}'`);
});

test('PowerShell gets its own quoting', () => {
  expect(pathBlock('powershell', "/it's ’ours’")[1]).toBe("$codexAuthBin = '/it''s ’’ours’’'");
});
