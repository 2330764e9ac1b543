/** A part of the pure heart: what decides, and nothing that reads, writes or shows. */
interface Part {
  /** Files below `src/core`; a leading `!` takes one away. */
  readonly changed: readonly string[];
  /** Files below `test`, `.test.ts` left out: what only a whole command would notice counts as not noticed. */
  readonly tests: readonly string[];
}

export const parts = {
  newest: {
    changed: ['lineage/newest.ts', 'accounts/lineage.ts'],
    tests: ['unit/accounts/lineage', 'unit/lineage/{newest,rotation}', 'property/{newest,lineage,merging-copies}'],
  },
  verdicts: {
    changed: ['oauth/token-verdict.ts', 'oauth/token-error.ts', 'asking/verdict.ts', 'provider/refusal-codes.ts'],
    tests: [
      'unit/oauth/{token-verdict,token-error}',
      'unit/asking/verdict',
      'unit/provider/{refusal-codes,provider-error}',
      'property/oauth-answers',
    ],
  },
  decision: {
    changed: ['decision/*.ts'],
    tests: ['unit/decision/*', 'property/decision'],
  },
  health: {
    changed: ['health/*.ts', '!health/state-store.ts'],
    tests: ['unit/health/*', 'unit/storage/facts-and-settings', 'property/health'],
  },
  quota: {
    changed: ['quota/*.ts'],
    tests: ['unit/quota/*', 'unit/decision/*', 'property/usage-payload'],
  },
} as const satisfies Record<string, Part>;
export type PartName = keyof typeof parts;

export const isPartName = (name: string): name is PartName => Object.hasOwn(parts, name);

/** The environment variable that tells vitest, which Stryker starts, what it is about. */
export const partVariable = 'MUTANTS_PART';
