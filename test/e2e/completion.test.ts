import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { createTestHome, type TestHome } from '../support/cli.js';
import { alice, aliceAtStudio, bob, sampleAccount, writePool } from '../support/sample-pool.js';
import { hasProgram, runShell, shellVariables } from '../support/shell.js';
import { missingForTerminal, Terminal } from '../support/terminal.js';

const carol = sampleAccount(
  'acc_carol',
  { userId: 'user-carol', accountId: '44444444-4444-4444-8444-444444444444', email: 'carol@example.com' },
  { label: 'my client: 2' },
);

let home: TestHome;
let variables: Record<string, string>;
beforeEach(() => {
  home = createTestHome();
  writePool(home, [alice, aliceAtStudio, bob, carol]);
  mkdirSync(join(home.cwd, 'folder'));
  writeFileSync(join(home.cwd, 'found.json'), '');
  variables = shellVariables(home);
});

/** As the official client's own script leaves it behind: a function and its registration. */
const officialBash = `_codex() { COMPREPLY=($(compgen -W 'exec resume' -- "$2")); }; complete -F _codex codex`;

describe.skipIf(!hasProgram('bash'))('in bash', () => {
  /** The words as bash hands them over, cut at COMP_WORDBREAKS; the last one is at the cursor. */
  function complete(words: readonly string[], before = ''): string[] {
    const script = `${before}
      source <(codex-auth completion bash)
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      spec=$(complete -p "$1"); [[ $spec =~ -F\\ ([^ ]+) ]]
      "\${BASH_REMATCH[1]}" "$1" "\${!#}" ''
      [[ \${#COMPREPLY[@]} -eq 0 ]] || printf '%s\\n' "\${COMPREPLY[@]}"`;
    const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    return runShell('bash', `set -- ${quoted}\n${script}`, home, variables).split('\n').slice(0, -1);
  }

  test('completes commands, options and their values', () => {
    expect(complete(['codex-auth', 'sw'])).toEqual(['switch']);
    expect(complete(['codex-auth', '--json', 'verify'])).toEqual(['verify-flagged']);
    expect(complete(['codex-auth', 'list', '--cs'])).toEqual(['--csv']);
    expect(complete(['codex-auth', 'completion', 'f'])).toEqual(['fish']);
    expect(complete(['codex-auth', 'config', 'set', 'perProjectAccounts', ''])).toEqual(['true', 'false']);
  });

  test('completes account names, whatever is in them', () => {
    expect(complete(['codex-auth', 'switch', 'h'])).toEqual(['home']);
    expect(complete(['codex-auth', 'switch', 'my'])).toEqual(['my\\ client:\\ 2']);
    expect(complete(['codex-auth', 'switch', '"my'])).toEqual(['my client: 2']);
    expect(complete(['codex-auth', 'switch', 'my\\ client', ':'])).toEqual(['\\ 2']);
    expect(complete(['codex-auth', 'switch', 'carol', '@', 'ex'])).toEqual(['@example.com']);
    expect(complete(['codex-auth', 'enable', ''])).toEqual(['bob@example.com']);
  });

  test('leaves files to the shell', () => {
    expect(complete(['codex-auth', 'list', '--out', 'f'])).toEqual([]);
  });

  test('completes "codex auth", and hands everything else to the official completion', () => {
    expect(complete(['codex', 'auth', 'sw'], officialBash)).toEqual(['switch']);
    expect(complete(['codex', 'ex'], officialBash)).toEqual(['exec']);
    expect(complete(['codex', 'au'], officialBash)).toEqual(['auth']);
    expect(complete(['codex', ''], officialBash)).toEqual(['exec', 'resume']);
    expect(complete(['codex', 'au'])).toEqual(['auth']);
    expect(complete(['codex', 'exec', ''])).toEqual([]);
  });

  test('finds the official completion that bash-completion would load later', () => {
    const lazy = `__load_completion() { [[ $1 == codex ]] && { ${officialBash}; }; }`;
    expect(complete(['codex', 'ex'], lazy)).toEqual(['exec']);
  });

  test.skipIf(missingForTerminal !== undefined)('works where a person presses Tab', async () => {
    const typed = await openShell('bash --norc --noprofile', 'source <(codex-auth completion bash)');
    await typed('codex-auth switch carol@ex', 'codex-auth switch carol@example.com');
    await typed('codex-auth switch my\\ cl', 'codex-auth switch my\\ client:\\ 2');
    await typed('codex-auth switch "my cl', 'codex-auth switch "my client: 2"');
    await typed('codex auth list --out=fou', 'codex auth list --out=found.json');
    await typed('codex-auth --project fo', 'codex-auth --project folder/');
  });
});

/** A shell in a real terminal: types a line, presses Tab and waits for what the line becomes. */
async function openShell(command: string, setup: string) {
  writeFileSync(join(home.directory, 'setup'), `${setup}\nPS1='ready> '\n`);
  const terminal = await Terminal.open(home);
  await terminal.run(command);
  await terminal.type('source ../setup');
  await terminal.press('Enter');
  await terminal.shows('ready>');
  return async (line: string, becomes: string | RegExp) => {
    await terminal.press('C-u', 'C-l');
    await terminal.shows(/^ready>\s*$/);
    await terminal.type(line);
    await terminal.press('Tab');
    return terminal.shows(becomes);
  };
}

describe.skipIf(!hasProgram('fish'))('in fish', () => {
  function complete(line: string, before = ''): string[] {
    const script = `${before}\ncodex-auth completion fish | source\ncomplete -C '${line.replaceAll("'", "\\'")}'`;
    return runShell('fish', script, home, variables).split('\n').slice(0, -1);
  }

  test('completes commands, options and their values, and says what they are', () => {
    expect(complete('codex-auth sw')).toEqual(['switch\tmake an account the active one']);
    expect(complete('codex-auth list --cs')).toEqual(['--csv\tprint comma-separated values']);
    expect(complete('codex-auth completion f')).toEqual(['fish']);
  });

  test('completes account names, whatever is in them', () => {
    expect(complete('codex-auth switch home')).toEqual(['home\talice@example.com, Personal, plus']);
    expect(complete('codex-auth switch my')).toEqual(['my client: 2\tcarol@example.com']);
    expect(complete('codex-auth switch carol@')).toEqual(['carol@example.com\tmy client: 2']);
    expect(complete('codex-auth enable ')).toEqual(['bob@example.com\tStudio, team']);
  });

  test('completes paths where one is due, and only there', () => {
    expect(complete('codex-auth list --out fou')).toEqual(['found.json']);
    expect(complete('codex-auth list --out=fou')).toEqual(['--out=found.json']);
    expect(complete('codex-auth --project f').map((each) => each.split('\t')[0])).toEqual(['folder/']);
    expect(complete('codex-auth label home f')).toEqual([]);
  });

  test('completes "codex auth", and leaves everything else to the official completion', () => {
    const official = `complete -c codex -f -n 'test (count (commandline -opc)) -eq 1' -a 'exec resume'`;
    expect(complete('codex auth sw', official)).toEqual(['switch\tmake an account the active one']);
    expect(complete('codex ex', official)).toEqual(['exec']);
    expect(complete('codex au', official)).toEqual(['auth\tManage several ChatGPT logins']);
  });
});

describe.skipIf(!hasProgram('zsh') || missingForTerminal !== undefined)('in zsh', () => {
  const official = `_codex() { local -a all; all=(exec:run); _describe codex all }; compdef _codex codex`;

  /** zsh completes nowhere else than in a terminal. */
  const openZsh = (before = '') =>
    openShell('zsh -f', `autoload -Uz compinit; compinit -u -D; ${before}\nsource <(codex-auth completion zsh)`);

  test('completes commands, options, values, accounts and paths', async () => {
    const typed = await openZsh();
    await typed('codex-auth sw', 'ready> codex-auth switch');
    await typed('codex-auth list --cs', 'ready> codex-auth list --csv');
    await typed('codex-auth completion f', 'ready> codex-auth completion fish');
    await typed('codex-auth switch carol@ex', 'ready> codex-auth switch carol@example.com');
    await typed('codex-auth switch my', 'ready> codex-auth switch my\\ client:\\ 2');
    await typed('codex-auth list --out fou', 'ready> codex-auth list --out found.json');
    await typed('codex-auth list --out=fou', 'ready> codex-auth list --out=found.json');
    await typed('codex-auth --project fo', 'ready> codex-auth --project folder/');
    expect(await typed('codex-auth switch ', /home +-- alice@example.com/)).toContain('my client: 2');
  });

  test('completes "codex auth", and hands everything else to the official completion', async () => {
    const typed = await openZsh(official);
    await typed('codex auth sw', 'ready> codex auth switch');
    await typed('codex ex', 'ready> codex exec');
    await typed('codex au', 'ready> codex auth');
  });

  test('works without compinit having been called, and without an official completion', async () => {
    const typed = await openZsh('unfunction compdef');
    await typed('codex auth sw', 'ready> codex auth switch');
    await typed('codex au', 'ready> codex auth');
  });
});
