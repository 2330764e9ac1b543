/**
 * The one round trip of an exchange: takes the machine's turn, notes whose refresh token is about to be sent, and brings
 * everything that has changed since a revision, and what is wished for until it is given. Times go as milliseconds, numbers as JSON numbers.
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
