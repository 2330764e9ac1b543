import { beforeAll, expect, test } from 'vitest';
import { type CliResult, runCli } from '../support/cli.js';
import { usageWindow } from '../support/provider/usage.js';
import { usageAnswers } from '../support/provider/usage-answers.js';
import type { RefreshHome } from '../support/refresh-home.js';
import { at, emptyHome, known, said, setProviderToNoon } from '../support/seed.js';
import { useProvider } from '../support/use-provider.js';

const batchSize = 40;

const people = Array.from({ length: batchSize }, (_, index) => ({ email: `person-${index}@example.com` }));
const provider = useProvider({ people, keepsState: true });
beforeAll(async () => {
  setProviderToNoon(provider);
});

async function homeOfAll(): Promise<RefreshHome> {
  const seeded = emptyHome(provider);
  for (const [index, { email }] of people.entries()) await seeded.addAccount(`acc_${index}`, { email }, known);
  return seeded;
}

type Json = Readonly<Record<string, unknown>>;

/** An answer with every member that has been seen. */
function fullAnswer(): Json {
  const nowMs = provider.scenario.now();
  const { spend_control } = usageAnswers.budget(nowMs, 40);
  return {
    plan_type: 'plus',
    rate_limit: {
      allowed: true,
      limit_reached: false,
      primary_window: usageWindow(18_000, 40, 7_200, nowMs),
      secondary_window: usageWindow(604_800, 55, 259_200, nowMs),
    },
    ...usageAnswers.sparkPreview(nowMs, 30),
    ...usageAnswers.modelUnavailable(nowMs),
    credits: { has_credits: true, unlimited: false, balance: '489.25', approx_local_messages: [100, 500] },
    spend_control,
    rate_limit_reached_type: { type: 'rate_limit_reached' },
    ...usageAnswers.resetCredits(2),
  };
}

/** Of every type, sign and size; times in 1970, in milliseconds and in another age. */
const oddities: readonly unknown[] = [
  null,
  true,
  'half',
  '',
  '\u001b[31mred\u0007\u202e',
  'x'.repeat(5_000),
  -1,
  0,
  1,
  0.4,
  101,
  1e300,
  -1e300,
  1_795_262_400_000,
  4e11,
  [],
  {},
  [[[1]]],
];

type Path = readonly string[];

function pathsOf(value: unknown, prefix: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [[...prefix, key], ...pathsOf(child, [...prefix, key])]);
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...value };
  Reflect.set(copy, key, replaced(Reflect.get(value, key), rest, by));
  return copy;
}

const absurd: readonly RegExp[] = [
  /NaN|Infinity|undefined|\[object|Invalid/,
  /\b19\d\d-\d\d-\d\d|\b(?:20[3-9]\d|2[1-9]\d\d|\d{5,})-\d\d-\d\d/,
  /-\d+%|\b\d{4,}%|\b(?:10[1-9]|1[1-9]\d|[2-9]\d\d)%/,
  /\d{12,}|e\+\d/,
  /x{300}/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may reach the terminal
  /[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/,
  /unexpected/,
];

function expectSense(result: CliResult, exitCodes: readonly number[]): void {
  expect(exitCodes).toContain(result.exitCode);
  const lines = said(result).split('\n');
  expect(lines.filter((line) => absurd.some((nonsense) => nonsense.test(line)))).toEqual([]);
}

async function readAll({ home }: RefreshHome, minute: number): Promise<void> {
  expectSense(await runCli(home, ['usage', '--live'], at(minute)), [0, 1]);
  expectSense(await runCli(home, ['forecast', '--cached', '--explain', '--model', 'gpt-5.5'], at(minute)), [0]);
  if (minute % 5 > 0) return;
  expectSense(await runCli(home, ['list'], at(minute)), [0]);
  expectSense(await runCli(home, ['best', '--cached', '--allow-credits'], at(minute)), [0, 1]);
  const json = await runCli(home, ['forecast', '--cached', '--json'], at(minute));
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: true });
}

test('garbage in any member of an answer leads to no crash and no absurd sentence', async () => {
  const seeded = await homeOfAll();
  const full = fullAnswer();
  const cases = pathsOf(full).flatMap((path) => oddities.map((oddity) => replaced(full, path, oddity) as Json));
  expect(cases.length).toBeGreaterThan(800);
  for (let start = 0; start < cases.length; start += batchSize) {
    for (const [index, { accountId }] of provider.people.all().entries()) {
      provider.scenario.setUsage(accountId, { overrides: cases[(start + index) % cases.length] ?? full });
    }
    await readAll(seeded, start / batchSize);
  }
}, 120_000);

test('ten thousand of anything are not drawn, and nothing is certain then', async () => {
  const seeded = await homeOfAll();
  const many = (entry: (index: number) => unknown) => Array.from({ length: 10_000 }, (_, index) => entry(index));
  const lists: readonly Json[] = [
    {
      additional_rate_limits: many((index) => ({
        limit_name: `limit-${index}`,
        rate_limit: { primary_window: { used_percent: 3 } },
      })),
    },
    { model_usage: Object.fromEntries(many((index) => [`model-${index}`, { available: false }]) as [string, Json][]) },
    { rate_limit_reset_credits: { available_count: 1e300, credits: many((index) => ({ id: `rc_${index}` })) } },
  ];
  for (const [index, { accountId }] of provider.people.all().entries()) {
    provider.scenario.setUsage(accountId, { overrides: { ...fullAnswer(), ...lists[index % lists.length] } });
  }
  await readAll(seeded, 600);
  const { stdout } = await runCli(seeded.home, ['usage', '--cached', 'person-0'], at(600));
  expect(stdout.split('\n').length).toBeLessThan(250);
  const { accounts } = JSON.parse((await runCli(seeded.home, ['forecast', '--cached', '--json'], at(600))).stdout).data;
  expect(accounts[0].quota.certainty).toBe('partly');
}, 120_000);
