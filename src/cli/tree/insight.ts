import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Run } from '../program/command.js';
import type { Program } from './program-base.js';
import { cachedHelp, csvHelp, examples, liveOption, modelHelp, outHelp, selectorHelp } from './program-base.js';
import { duration } from './upkeep.js';

/** Asking the provider: what works, how much is left, which one to use. */
export function declareInsight(program: Program, run: Run): void {
  program
    .command('check')
    .summary('check whether each account works')
    .description(
      'Checks every enabled account, or the named one: whether its token is good, when its login was last proven to work, and whether the provider lets it in. Refreshes tokens that are due.',
    )
    .argument('[selector]', selectorHelp)
    .option('--live', 'also read the quota')
    .addHelpText(...examples('codex-auth check', 'codex-auth check work --live'))
    .action((selector, options) =>
      run(async () => (await import('../commands/check.js')).checkCommand, { ...options, selector }),
    );

  program
    .command('usage')
    .summary('show the quota of each account')
    .description(
      'Shows everything that the free usage endpoint says about every enabled account, or the named one. Spends no quota, and refreshes no token unless --live is given.',
    )
    .argument('[selector]', selectorHelp)
    .option('--cached', cachedHelp)
    .addOption(liveOption())
    .option('--csv', csvHelp)
    .option('--out <file>', outHelp)
    .addHelpText(
      ...examples('codex-auth usage', 'codex-auth usage work --live', 'codex-auth usage --csv --out usage.csv'),
    )
    .action((selector, options) =>
      run(async () => (await import('../commands/usage.js')).usageCommand, { ...options, selector }),
    );

  program
    .command('forecast')
    .summary('show which accounts can be used, and when')
    .description('Shows whether each account is ready or when it will be, how risky it is, and which one to use.')
    .option('--model <slug>', modelHelp)
    .option('--task <duration>', 'also say on which account work of this length fits, such as 2h or 90m', taskLength)
    .option('--score', 'also say how earlier forecasts of an empty window have turned out')
    .option('--explain', 'show what the risk and the score are made of, and how fast each window is used up')
    .option('--cached', cachedHelp)
    .addOption(liveOption())
    .option('--csv', csvHelp)
    .option('--out <file>', outHelp)
    .addHelpText(
      ...examples(
        'codex-auth forecast',
        'codex-auth forecast --model gpt-5.5 --explain',
        'codex-auth forecast --task 2h',
      ),
    )
    .action((options) => run(async () => (await import('../commands/forecast.js')).forecastCommand, options));

  program
    .command('best')
    .summary('recommend the account to use now')
    .description('Prints the recommendation of forecast as one line. Exits with 1 when no account is ready.')
    .option('--switch', 'make it the active account')
    .option('--allow-credits', 'when no account has quota left, use one that goes on with credits')
    .option('--session <id>', 'keep a conversation on its account while that account stays healthy', conversationId)
    .option('--model <slug>', modelHelp)
    .option('--cached', cachedHelp)
    .addOption(liveOption())
    .addHelpText(
      ...examples('codex-auth best', 'codex-auth best --switch', 'codex-auth best --session $CONVERSATION --json'),
    )
    .action((options) => run(async () => (await import('../commands/best.js')).bestCommand, options));

  program
    .command('models')
    .summary('try which models answer; spends quota')
    .description(
      'Sends each model the smallest possible request as every enabled account, or the named one, and shows which of them answer and how fast. The only command that spends quota: it says how many requests it will send, and asks first. Without --model, it tries what the provider lists for these accounts, best first.',
    )
    .argument('[selector]', selectorHelp)
    .option('--sample <n>', 'try only the first n models', positiveInteger)
    .addOption(new Option('--model <slug>', 'try this model only').conflicts('sample'))
    .option('-y, --yes', 'skip the confirmation')
    .option('--csv', `${csvHelp}: the pool file, the account id, the models that were tried and those that answered`)
    .option('--out <file>', outHelp)
    .addHelpText(
      ...examples(
        'codex-auth models --sample 3',
        'codex-auth models work --model gpt-6.1-sol --yes',
        'codex-auth models --yes --csv --out models.csv',
      ),
    )
    .action((selector, options) =>
      run(async () => (await import('../commands/models.js')).modelsCommand, { ...options, selector }),
    );

  program
    .command('redeem')
    .summary('spend a rate-limit reset credit')
    .description(
      'Spends a reset credit of an account, which fills its used up windows before their time. Shows which credit that is, when it expires and what it would change, and asks first; refuses where nothing is used up. A request without a definite answer is remembered, and the next run asks about the same one instead of spending a second credit.',
    )
    .argument('<selector>', selectorHelp)
    .option('-y, --yes', 'skip the confirmation')
    .addHelpText(...examples('codex-auth redeem work', 'codex-auth redeem work --yes --json'))
    .action((selector, options) =>
      run(async () => (await import('../commands/redeem.js')).redeemCommand, { selector, ...options }),
    );

  program
    .command('history')
    .summary('show what happened')
    .description(
      'Shows how each window was used over the time, what the guard has told, what became of logins, and how forecasts turned out, from what is kept on this machine. Makes no requests.',
    )
    .option('--since <time>', 'how far back, such as 12h or 30d; default 7d', duration)
    .addOption(new Option('--clear', 'remove what is kept of events and of quota').conflicts(['csv', 'out']))
    .option('-y, --yes', 'skip the confirmation of --clear')
    .option('--csv', csvHelp)
    .option('--out <file>', outHelp)
    .addHelpText(
      ...examples(
        'codex-auth history',
        'codex-auth history --since 30d --csv --out history.csv',
        'codex-auth history --clear',
      ),
    )
    .action((options) => run(async () => (await import('../commands/history.js')).historyCommand, options));

  program
    .command('report')
    .summary('show everything that is known')
    .description(
      'Shows accounts, quota, health, flagged accounts, the recommendation and the settings in one snapshot.',
    )
    .option('--cached', cachedHelp)
    .addOption(liveOption())
    .option('-v, --verbose', 'show also what is fine, and every setting')
    .option('--out <file>', outHelp)
    .addHelpText(...examples('codex-auth report', 'codex-auth report --json --out report.json'))
    .action((options) => run(async () => (await import('../commands/report.js')).reportCommand, options));
}

function positiveInteger(value: string): number {
  if (/^[1-9]\d{0,3}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

/** A variable that is not set, as in `--session "$CONVERSATION"`, would make one conversation of all. */
function conversationId(value: string): string {
  if (value.trim() !== '') return value;
  throw new InvalidArgumentError('It must name a conversation.');
}

function taskLength(value: string): number {
  const ms = duration(value);
  if (ms > 0) return ms;
  throw new InvalidArgumentError('It must be longer than nothing.');
}
