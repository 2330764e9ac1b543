import * as z from 'zod/mini';
import { type Binding, isBinding } from '../bindings/binding.js';

/** Where a record stood: the scope (null: the global one), in its pool or set aside beside it, and its 0-based position. */
const Place = z.object({ scope: z.nullable(z.string()), isSetAside: z.boolean(), position: z.number() });
export type Place = z.infer<typeof Place>;

/** What the person has set about an account; `null` where nothing is set. */
const Settings = z.object({
  label: z.nullable(z.string()),
  enabled: z.boolean(),
  priority: z.nullable(z.enum(['first', 'last'])),
  reservePercent: z.nullable(z.number()),
});
export type Settings = z.infer<typeof Settings>;

const Choice = z.object({ active: z.nullable(z.string()), previous: z.nullable(z.string()) });
export type Choice = z.infer<typeof Choice>;

const Removal = z.object({
  userId: z.exactOptional(z.string()),
  accountId: z.exactOptional(z.string()),
  email: z.exactOptional(z.string()),
  removedAt: z.number(),
});

/** One thing that was changed about the accounts, and how it was before. */
const Step = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('settings'), id: z.string(), before: Settings, after: Settings }),
  z.object({ kind: z.literal('place'), id: z.string(), before: Place, after: Place }),
  /** A record that was removed, with all that is in it, tokens included. */
  z.object({ kind: z.literal('removed'), id: z.string(), before: Place, record: z.record(z.string(), z.unknown()) }),
  z.object({ kind: z.literal('added'), id: z.string(), after: Place }),
  z.object({ kind: z.literal('choice'), scope: z.nullable(z.string()), before: Choice, after: Choice }),
  /** The person had removed this account before, and it came back. */
  z.object({ kind: z.literal('remembered'), scope: z.nullable(z.string()), removal: Removal }),
  /** The login of the official client; null where it had none of ours. */
  z.object({ kind: z.literal('login'), before: z.nullable(z.string()), after: z.string() }),
  /** Which account a directory is bound to. */
  z.object({
    kind: z.literal('binding'),
    directory: z.string(),
    before: z.nullable(z.custom<Binding>(isBinding)),
    after: z.nullable(z.custom<Binding>(isBinding)),
  }),
]);
export type Step = z.infer<typeof Step>;

/** What one command changed. */
export const Change = z.object({
  version: z.literal(1),
  command: z.string(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  /** How the accounts were called then. */
  about: z.array(z.string()),
  steps: z.array(Step),
});
export type Change = z.infer<typeof Change>;

export const scopeOf = (key: string | undefined): string | null => key ?? null;
export const keyOfScope = (scope: string | null): string | undefined => scope ?? undefined;
