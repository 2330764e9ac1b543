import * as z from 'zod/mini';
import { shareProblem } from './share-problem.js';

const nullable = <T extends z.ZodMiniType>(schema: T) => z.nullable(schema);
const Text = nullable(z.string());

/** A login as the database has it, with its sealed parts unopened. */
const LoginRow = z.object({
  id: z.string(),
  state: z.enum(['live', 'removed', 'withdrawn']),
  /** The machine that has the refresh token; null where any machine may take it. */
  keeper: Text,
  /** Counts the changes of the keeper. */
  fence: z.number(),
  /** Counts what the keepers have pushed. The sealed login and refresh token are sealed for this generation. */
  generation: z.number(),
  sealed_login: z.string(),
  sealed_refresh: Text,
  notes_generation: z.number(),
  sealed_notes: Text,
  /** The machine that would like to be the keeper. */
  wanted_by: Text,
  asked_by: Text,
  asked_generation: nullable(z.number()),
  /** How long ago its refresh token was about to be sent, by the clock of the server, milliseconds. */
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
  /** Of the logins that this machine is about to refresh, those for which the database has noted that. */
  asked: z.array(z.string()),
  /** A digest of all rows, to find out whether both sides know the same. */
  digest: z.string(),
  machines: z.array(MachineRow),
  logins: z.array(LoginRow),
});
export type ExchangeAnswer = z.infer<typeof Answer>;

/** Undefined where there is no pool. Throws `shared-pool` where the answer cannot be understood. */
export function readAnswer(rows: readonly Record<string, unknown>[]): ExchangeAnswer | undefined {
  const [row] = rows;
  if (row === undefined) return undefined;
  const answer = Answer.safeParse(row['answer']);
  if (answer.success) return answer.data;
  throw shareProblem('damaged', 'the database answered something that is no shared pool', 'codex-auth doctor');
}

/**
 * The one round trip of an exchange: takes the machine's turn, notes which refresh tokens are about to be sent, and
 * brings the rows that have changed since a revision, and those of this machine that another one wishes for. Times are
 * milliseconds, and numbers JSON numbers.
 *
 * $1 machine, $2 turns that it may have now, $3 its next turn, $4 the revision that it knows, $5 logins that it is about to
 * refresh, $6 for how long what another machine has asked is left alone, in milliseconds, $7 logins to be told in any case.
 */
export const exchangeStatement = `
WITH before AS (
  SELECT turn FROM codex_auth.share_machine WHERE id = $1
), me AS (
  UPDATE codex_auth.share_machine SET turn = $3, seen_at = clock_timestamp()
  WHERE id = $1 AND turn = ANY ($2::text[])
  RETURNING id
), asked AS (
  UPDATE codex_auth.share_login l
  SET asked_by = $1, asked_at = clock_timestamp(), asked_generation = l.generation
  FROM me
  WHERE l.id = ANY ($5::text[]) AND l.keeper = $1 AND l.state = 'live'
    AND (l.asked_by IS NULL OR l.asked_by = $1 OR l.asked_generation <> l.generation
      OR l.asked_at < clock_timestamp() - make_interval(secs => $6::float8 / 1000))
  RETURNING l.id
)
SELECT json_build_object(
  'pool_id', p.pool_id,
  'key_id', p.key_id,
  'key_proof', p.key_proof,
  'revision', p.revision,
  'schema', (SELECT max(version) FROM codex_auth.share_migration),
  'now', (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
  'turn', (SELECT turn FROM before),
  'took_turn', EXISTS (SELECT FROM me),
  'asked', coalesce((SELECT json_agg(id) FROM asked), '[]'),
  'digest', coalesce((
    SELECT md5(string_agg(concat_ws(' ', id, state, coalesce(keeper, '-'), fence, generation, notes_generation), ','
      ORDER BY id COLLATE "C"))
    FROM codex_auth.share_login), ''),
  'machines', coalesce((
    SELECT json_agg(json_build_object('id', id, 'sealed_name', sealed_name,
      'seen_at', (extract(epoch FROM seen_at) * 1000)::bigint, 'joined_at', (extract(epoch FROM joined_at) * 1000)::bigint))
    FROM codex_auth.share_machine), '[]'),
  'logins', coalesce((
    SELECT json_agg(json_build_object('id', id, 'state', state, 'keeper', keeper, 'fence', fence, 'generation', generation,
      'sealed_login', sealed_login, 'sealed_refresh', sealed_refresh, 'notes_generation', notes_generation,
      'sealed_notes', sealed_notes, 'wanted_by', wanted_by, 'asked_by', asked_by, 'asked_generation', asked_generation,
      'asked_ago', (extract(epoch FROM clock_timestamp() - asked_at) * 1000)::bigint))
    FROM codex_auth.share_login
    WHERE revision > $4::bigint OR id = ANY ($5::text[]) OR id = ANY ($7::text[]) OR (keeper = $1 AND wanted_by <> $1)), '[]')
) AS answer
FROM codex_auth.share_pool p`;
