import { createHash } from 'node:crypto';
import * as z from 'zod/mini';

/*
 * One line in a file that describes a service says whose it is, and what the rest of the file was when it was written: so
 * nothing else has to remember what can be taken away again, and what a person has changed is noticed.
 */

/** What a service was made for. */
const Made = z.object({
  root: z.string(),
  /** The Node that runs it, and the script that it runs. */
  node: z.string(),
  script: z.string(),
  /** How many of the directories above the file were made for it. */
  directories: z.number(),
});
export type Made = z.infer<typeof Made>;

const pattern = /codex-auth guard \[([0-9a-f]+) ([0-9a-f]{64})\]/;

/** The text with its mark in the place of `@mark@`, which stands in a comment. */
export function withMark(text: string, made: Made): string {
  const facts = Buffer.from(JSON.stringify(made)).toString('hex');
  return text.replace('@mark@', `codex-auth guard [${facts} ${digestOf(text.replace('@mark@', facts))}]`);
}

export interface MarkedText {
  readonly made: Made;
  /** Somebody has changed it since it was written. */
  readonly isChanged: boolean;
}

/** Undefined for a text that this program has not made. */
export function readMark(text: string): MarkedText | undefined {
  const [mark, facts = '', digest] = pattern.exec(text) ?? [];
  if (mark === undefined) return undefined;
  const made = Made.safeParse(parse(Buffer.from(facts, 'hex').toString())).data;
  return made && { made, isChanged: digestOf(text.replace(mark, facts)) !== digest };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut short by hand: whose it is cannot be told any more.
    return undefined;
  }
}
