import { Option } from '@commander-js/extra-typings';
import { definedOnly } from '../../core/defined-only.js';
import type { Run } from '../program/command.js';
import type { Program } from './program-base.js';
import { examples, selectorHelp } from './program-base.js';

export function declareTransfer(program: Program, run: Run): void {
  program
    .command('import')
    .summary('import logins from files')
    .description(
      "Finds the logins in files of other tools: the official client's auth.json, token files, pools, lists, JSON lines, and whatever else keeps a token under a name. Shows where each was found and whether it is new or newer, and takes those over. The files themselves are not changed. In a directory, the files directly in it are read, and the auth.json of each directory in it.",
    )
    .argument('[path...]', 'files and directories; - for standard input')
    .option('--discover', 'look where known tools keep logins, and show what could be taken')
    .option('-y, --yes', 'skip the confirmation')
    .option('--dry-run', 'show the plan and change nothing')
    .option('--identity <path>', 'the secret key of age that opens sealed files')
    .addOption(
      new Option(
        '--passphrase-file <path>',
        'read the passphrase of sealed files from the first line of a file',
      ).conflicts('identity'),
    )
    .addOption(
      new Option('--format <format>', 'the format of the files')
        .choices(['auto', 'codex', 'flat', 'pool', 'opencode', 'record'])
        .default('auto' as const),
    )
    .addHelpText(
      ...examples(
        'codex-auth import ~/tokens --dry-run',
        'codex-auth import ~/tokens backup/auth.json',
        'codex-auth import old/openai-codex-accounts.json --yes',
        'codex-auth import --discover',
      ),
    )
    .action((paths, options) =>
      run(async () => (await import('../commands/import.js')).importCommand, { paths, ...options }),
    );

  program
    .command('export')
    .summary('write logins to files for another tool or machine')
    .description(
      'Writes the accounts of this scope, or the named ones, to files that only you can read: one pool, or a file each. They hold the tokens in clear text, which are never printed. Use each copy in one place only: two holders of one login sign each other out.',
    )
    .argument('[selector...]', selectorHelp)
    .addOption(
      new Option(
        '--format <format>',
        'auth.json of the official client (auth, or codex), token files, a pool, one list, files for CLIProxyAPI or opencode',
      )
        .choices(['auth', 'codex', 'flat', 'pool', 'array', 'cliproxy', 'opencode'])
        .default('pool' as const),
    )
    .option('--encrypt', 'write one file sealed with a passphrase, in the format of age')
    .addOption(
      new Option('--recipient <key...>', 'seal it for these public keys of age instead').implies({ encrypt: true }),
    )
    .addOption(
      new Option('--passphrase-file <path>', 'read the passphrase from the first line of a file')
        .implies({ encrypt: true })
        .conflicts('recipient'),
    )
    .option('--out <path>', 'the file, or a directory for several (default: a file here, named after today)')
    .option('--force', 'replace existing files')
    .option('-y, --yes', 'skip the confirmation')
    .addOption(
      new Option('--csv', 'print a table of the accounts without tokens instead').conflicts(['format', 'encrypt']),
    )
    .addHelpText(
      ...examples(
        'codex-auth export --out backup.json',
        'codex-auth export --encrypt --out backup.age',
        'codex-auth export work@example.com --format auth --out auth.json',
        'codex-auth export --format flat --out tokens/',
        'codex-auth export --csv --out accounts.csv',
      ),
    )
    .action((selectors, { out, format: asked, ...options }) => {
      const format = asked === 'codex' ? 'auth' : asked;
      // With `--csv`, `--out` is that of other commands, which may replace a file.
      const where = definedOnly(options.csv === true ? { out } : { destination: out });
      return run(async () => (await import('../commands/export.js')).exportCommand, {
        selectors,
        format,
        ...options,
        ...where,
      });
    });

  program
    .command('token')
    .summary('print an access token that is good now')
    .description(
      'Prints an access token of an account and nothing else, for a program that takes one from a command, and refreshes it first where it is about to end. On a terminal it asks before it shows the token. No program gets a refresh token this way: the login stays here.',
    )
    .argument('<selector>', selectorHelp)
    .option('-y, --yes', 'show it on a terminal without a question')
    .addHelpText(...examples('codex-auth token work | some-program --token-from-stdin', 'codex-auth token 2 --json'))
    .action((selector, options) =>
      run(async () => (await import('../commands/token.js')).tokenCommand, { selector, ...options }),
    );
}
