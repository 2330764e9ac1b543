import type { Execute } from '../execute.js';
import { cachedHelp, csvHelp, examples, liveOption, modelHelp, outHelp, selectorHelp } from './help-texts.js';
import type { Program } from './program-base.js';

/** Asking the provider: what works, how much is left, which one to use. */
export function declareInsight(program: Program, execute: Execute): void {
  program
    .command('check')
    .summary('see whether each account works')
    .description(
      'Looks at every enabled account, or the named one: whether its token is good, when its login last proved valid, and whether the provider lets it in. Refreshes the tokens that are due.',
    )
    .argument('[selector]', selectorHelp)
    .option('--live', 'also read the quota')
    .addHelpText('after', examples(['codex-auth check', 'codex-auth check work --live']))
    .action((selector, options) =>
      execute(
        async () => (await import('../commands/check.js')).checkCommand,
        { ...options, ...(selector === undefined ? {} : { selector }) },
        program.opts(),
      ),
    );

  program
    .command('usage')
    .summary('show the quota of each account')
    .description(
      'Shows all that the free usage endpoint tells about every enabled account, or the named one. Spends no quota; refreshes no token unless --live.',
    )
    .argument('[selector]', selectorHelp)
    .option('--cached', cachedHelp)
    .addOption(liveOption())
    .option('--csv', csvHelp)
    .option('--out <file>', outHelp)
    .addHelpText(
      'after',
      examples(['codex-auth usage', 'codex-auth usage work --live', 'codex-auth usage --csv --out usage.csv']),
    )
    .action((selector, options) =>
      execute(
        async () => (await import('../commands/usage.js')).usageCommand,
        { ...options, ...(selector === undefined ? {} : { selector }) },
        program.opts(),
      ),
    );

  program
    .command('forecast')
    .summary('tell which accounts can be used, and when')
    .description(
      'Shows for every account whether it is ready or when it will be, how risky it is, and which one to use.',
    )
    .option('--model <slug>', modelHelp)
    .option('--explain', 'say what adds up to the risk and the score')
    .option('--cached', cachedHelp)
    .addOption(liveOption())
    .option('--csv', csvHelp)
    .option('--out <file>', outHelp)
    .addHelpText('after', examples(['codex-auth forecast', 'codex-auth forecast --model gpt-5.5-codex --explain']))
    .action((options) =>
      execute(async () => (await import('../commands/forecast.js')).forecastCommand, options, program.opts()),
    );

  program
    .command('best')
    .summary('name the account to use now')
    .description('The recommendation of forecast as one line. Exits with 1 when no account is ready.')
    .option('--switch', 'make it the active account')
    .option('--session <id>', 'keep a conversation on its account while that one stays healthy')
    .option('--model <slug>', modelHelp)
    .option('--cached', cachedHelp)
    .addOption(liveOption())
    .addHelpText(
      'after',
      examples(['codex-auth best', 'codex-auth best --switch', 'codex-auth best --session $CONVERSATION --json']),
    )
    .action((options) =>
      execute(async () => (await import('../commands/best.js')).bestCommand, options, program.opts()),
    );

  program
    .command('report')
    .summary('write down everything that is known')
    .description('A snapshot of accounts, quota, health, what is set aside, the recommendation and the settings.')
    .option('--cached', cachedHelp)
    .addOption(liveOption())
    .option('--out <file>', outHelp)
    .addHelpText('after', examples(['codex-auth report', 'codex-auth report --json --out report.json']))
    .action((options) =>
      execute(async () => (await import('../commands/report.js')).reportCommand, options, program.opts()),
    );
}
