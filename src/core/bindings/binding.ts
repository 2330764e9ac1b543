import * as z from 'zod/mini';

/** A directory in which plain `codex` runs as one account; it counts for everything below it, unless that is bound too. */
export const Binding = z.object({
  /** Its real path. */
  directory: z.string().check(z.minLength(1)),
  /** Of a project: the directory that all its worktrees have in common, so that they are bound wherever they are. */
  commonDir: z.exactOptional(z.string()),
  accountId: z.string().check(z.minLength(1)),
  /** Milliseconds since the epoch. */
  boundAt: z.number(),
});
export type Binding = z.infer<typeof Binding>;
