import { Argument, Option } from '@commander-js/extra-typings';
import { segmentFormats } from '../../core/segment/segment-text.js';
import { segmentPlaces } from '../../core/shell/segment-block.js';
import { shellNames } from '../../core/shell/shell-files.js';
import type { Run } from '../program/command.js';
import type { Program } from './program-base.js';
import { examples } from './program-base.js';

export function declareShell(program: Program, run: Run): void {
  program
    .command('setup')
    .summary('make "codex auth" reach this program')
    .description(
      'Puts a small script named codex first on the PATH of your shells. It hands "codex auth" to this program and everything else, untouched, to the official client. Shows the files and lines before it changes any.',
    )
    .option('-y, --yes', 'skip the confirmation')
    .addOption(new Option('--shell <shell...>', 'set up these shells only').choices(shellNames))
    .addOption(
      new Option('--segment <where...>', 'also show the account in use there: the line of the segment command')
        .choices(segmentPlaces)
        .conflicts(['undo', 'print']),
    )
    .option('--dry-run', 'show what would be done, and change nothing')
    .addOption(new Option('--undo', 'remove exactly what setup added').conflicts('print'))
    .addOption(
      new Option('--print <shell>', 'print the lines for this shell, and change nothing')
        .choices(shellNames)
        .conflicts(['shell', 'dryRun', 'yes']),
    )
    .addHelpText(
      ...examples(
        'codex-auth setup',
        'codex-auth setup --yes --shell bash zsh',
        'codex-auth setup --segment bash tmux',
        'codex-auth setup --print fish',
        'codex-auth setup --undo',
      ),
    )
    .action((options) => run(async () => (await import('../commands/setup.js')).setupCommand, options));

  program
    .command('completion')
    .summary('print a script that completes command lines')
    .description(
      'Prints a script for a shell, so that Tab completes commands, options, values and the names of accounts, after "codex-auth" and after "codex auth". Names come from the stored accounts; nothing is requested or changed. What the official client completes, it still does.',
    )
    .addArgument(new Argument('<shell>', 'the shell that reads it').choices(shellNames))
    .addHelpText(
      ...examples(
        'codex-auth completion bash',
        'codex-auth completion zsh',
        'codex-auth completion fish',
        'codex-auth completion powershell',
      ),
    )
    .addHelpText('after', completionSetup)
    .action((shell) => run(async () => (await import('../commands/completion.js')).completionCommand, { shell }));

  program
    .command('segment')
    .summary('print the account in use and its quota, for a prompt')
    .description(
      'Prints the account in use and what is left of its windows on one line, as it was last known, so that a prompt or a status bar can show it: no request, no lock, nothing written. Prints nothing where no account is in use.',
    )
    .addOption(
      new Option('--format <format>', 'what reads it, so that nothing in a name is code there')
        .choices(segmentFormats)
        .default('plain' as const),
    )
    .addHelpText(...examples('codex-auth segment', 'codex-auth segment --format tmux'))
    .addHelpText('after', segmentSetup)
    .action((options) => run(async () => (await import('../commands/segment.js')).segmentCommand, options));

  program
    .command('statusline')
    .summary('be the status line of the official client')
    .description(
      'Serves the footer of the official client (experimental there since 0.171), which starts it by itself: shows the account of the conversation and what is left of its windows, and takes the numbers that the client hands over, so that nobody has to ask for them. Makes no request.',
    )
    .addHelpText(...examples('codex-auth statusline'))
    .addHelpText('after', statuslineSetup)
    .action((options) => run(async () => (await import('../commands/statusline.js')).statuslineCommand, options));

  program
    .command('uninstall')
    .summary('remove what this program added to this machine')
    .description(
      'Undoes setup and removes caches and locks. The accounts stay, unless --accounts is given; the login of the official client always stays.',
    )
    .option('-y, --yes', 'skip the confirmation')
    .option('--accounts', 'remove the stored accounts and settings as well')
    .option('--dry-run', 'show what would be removed, and remove nothing')
    .addHelpText(...examples('codex-auth uninstall', 'codex-auth uninstall --accounts'))
    .action((options) => run(async () => (await import('../commands/uninstall.js')).uninstallCommand, options));
}

const completionSetup = `
To enable it in every new shell, after the completion of codex itself, add:
  ~/.bashrc                   source <(codex-auth completion bash)
  ~/.zshrc, after compinit    source <(codex-auth completion zsh)
  ~/.config/fish/config.fish  codex-auth completion fish | source
  $PROFILE                    codex-auth completion powershell | Out-String | Invoke-Expression`;

const segmentSetup = `
To show it:
  ~/.bashrc                   PS1='$(codex-auth segment --format bash) '"$PS1"
  ~/.zshrc                    setopt prompt_subst; RPROMPT='$(codex-auth segment --format zsh)'
  ~/.config/fish/config.fish  function fish_right_prompt; codex-auth segment --format fish; end
  ~/.tmux.conf                set -ga status-right ' #(codex-auth segment --format tmux)'
  ~/.config/starship.toml     [custom.codex_auth]
                              command = "codex-auth segment --format starship"
                              when = true`;

const statuslineSetup = `
To show it, in ~/.codex/config.toml:
  [features]
  tui_extensions_statusline = true

  [tui]
  status_line_provider = { server = "codex-auth", tool = "statusline" }

  [mcp_servers.codex-auth]
  command = "codex-auth"
  args = ["statusline"]
  env_vars = ["CODEX_HOME", "CODEX_MULTI_AUTH_DIR"]`;
