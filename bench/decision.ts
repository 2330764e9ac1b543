/**
 * Whether the product's own rule is the best of those that tools of this kind have, on simulated months that it was not
 * tuned on: `npm run bench:decision`, about two minutes. Ends with 1 where it is not. The model and what the bound is:
 * `docs/decision-simulation.md`. With `--tuning` it takes the months that numbers of the rule may be chosen by.
 */
import { allRules } from './decision/product.js';
import { compareRules } from './decision/results.js';
import { tableOf } from './decision/table.js';
import { shortcomings } from './decision/verdict.js';

const months = 216;
/** Nothing may be tuned on the seeds from here on. */
const firstHeldOut = 1_000_000;
const firstTuning = 1;

const first = process.argv.includes('--tuning') ? firstTuning : firstHeldOut;
const results = compareRules(
  allRules,
  Array.from({ length: months }, (_, position) => first + position),
);
const [own, old, ...rivals] = results;
if (own === undefined || old === undefined) throw new Error('there is nothing to compare');
process.stdout.write(`${months} months from seed ${first}, Node ${process.version}; per cent of the bound\n\n`);
process.stdout.write(`${tableOf(results)}\n`);
const problems = shortcomings(own, old, rivals);
process.stdout.write(problems.length === 0 ? `${own.name} is the best of them\n` : `${problems.join('\n')}\n`);
if (problems.length > 0) process.exitCode = 1;
