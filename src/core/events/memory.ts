import * as z from 'zod/mini';
import { jsonIn, parseJsonText } from '../json-text.js';
import { makePrivateDirectory, readVersion, replaceFile } from '../storage/atomic-file.js';
import type { Root } from '../storage/root.js';
import { type AccountEvent, eventIn } from './event.js';

/** What the person was told about one account and is still so, so that it is not told again. */
const RememberedSchema = z.object({
  name: z.string(),
  setAside: z.exactOptional(z.literal(true)),
  signInNeeded: z.exactOptional(z.literal(true)),
  exhausted: z.exactOptional(z.literal(true)),
  /** For each window that was told to be low, when it resets; 0 where that is not known. */
  low: z.exactOptional(z.record(z.string(), z.number())),
  /** The end of the reset credit that was told to end soon. */
  creditEndsAt: z.exactOptional(z.number()),
});
export type Remembered = Readonly<z.infer<typeof RememberedSchema>>;

const Stored = z.object({
  version: z.literal(1),
  accounts: z.record(z.string(), z.unknown()),
  /** By the directory of the home: the id of its account, null where it had none of ours. */
  homes: z.record(z.string(), z.nullable(z.string())),
  untold: z.array(z.unknown()),
});

export interface EventMemory {
  readonly accounts: Readonly<Record<string, Remembered>>;
  readonly homes: Readonly<Record<string, string | null>>;
  /** Events that the person has not been told yet. */
  readonly untold: readonly AccountEvent[];
}

export const emptyMemory: EventMemory = { accounts: {}, homes: {}, untold: [] };

/** Empty where the content is damaged: then all is told once more. Throws `storage-unreadable` without access. */
export function readMemory({ paths }: Pick<Root, 'paths'>): EventMemory {
  const version = readVersion(paths.eventMemory);
  const stored = version.kind === 'absent' ? undefined : Stored.safeParse(jsonIn(version.content, parseJsonText)).data;
  if (stored === undefined) return emptyMemory;
  const accounts = Object.entries(stored.accounts).flatMap(([id, value]) => {
    const remembered = RememberedSchema.safeParse(value).data;
    return remembered === undefined ? [] : [[id, remembered] as const];
  });
  return {
    accounts: Object.fromEntries(accounts),
    homes: stored.homes,
    untold: stored.untold.flatMap((event) => eventIn(event) ?? []),
  };
}

/** Only the one guard of the root may call it. Throws `storage-write-failed`. */
export function writeMemory({ paths, processes }: Root, memory: EventMemory): void {
  makePrivateDirectory(paths.root);
  const content = `${JSON.stringify({ version: 1, ...memory })}\n`;
  replaceFile({ path: paths.eventMemory, content }, processes);
}
