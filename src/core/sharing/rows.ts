import * as z from 'zod/mini';
import { shareProblem } from './share-problem.js';

const nullable = <T extends z.ZodMiniType>(schema: T) => z.nullable(schema);
const Text = nullable(z.string());

/** A login as the database has it; sealed parts are opened by whoever needs them. */
const LoginRow = z.object({
  id: z.string(),
  state: z.enum(['live', 'removed', 'withdrawn']),
  /** The machine that has the refresh token; null where it is there to be taken. */
  keeper: Text,
  /** Counts the changes of the keeper. */
  fence: z.number(),
  /** Counts what the keepers have pushed; the sealed login and refresh token are of this one. */
  generation: z.number(),
  sealed_login: z.string(),
  sealed_refresh: Text,
  notes_generation: z.number(),
  sealed_notes: Text,
  /** The machine that would like to be the keeper. */
  wanted_by: Text,
  asked_by: Text,
  asked_generation: nullable(z.number()),
  /** How long ago its refresh token was about to be sent, milliseconds of the server. */
  asked_ago: nullable(z.number()),
});
export type LoginRow = z.infer<typeof LoginRow>;

const MachineRow = z.object({ id: z.string(), sealed_name: z.string(), seen_at: z.number(), joined_at: z.number() });
export type MachineRow = z.infer<typeof MachineRow>;

const Answer = z.object({
  pool_id: z.string(),
  key_id: z.string(),
  key_proof: z.string(),
  schema: z.number(),
  revision: z.number(),
  /** By the clock of the server, milliseconds since the epoch. */
  now: z.number(),
  /** The turn of this machine before this exchange; null where the database does not know it. */
  turn: Text,
  /** Whether the turn was the one that this machine remembers, so that it was renewed. */
  took_turn: z.boolean(),
  /** Of the logins whose refresh token is about to be sent: those for which that was noted. */
  asked: z.array(z.string()),
  /** Of everything there is, to find out whether both sides know the same. */
  digest: z.string(),
  machines: z.array(MachineRow),
  logins: z.array(LoginRow),
});
export type ExchangeAnswer = z.infer<typeof Answer>;

/** Throws `shared-pool` where the answer is none. */
export function readAnswer(rows: readonly Record<string, unknown>[]): ExchangeAnswer | undefined {
  const [row] = rows;
  if (row === undefined) return undefined;
  const answer = Answer.safeParse(row['answer']);
  if (answer.success) return answer.data;
  throw shareProblem('damaged', 'the database answered something that is no shared pool', 'codex-auth doctor');
}
