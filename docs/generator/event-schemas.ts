import { eventNames } from '../../src/core/event-names.js';
import { eventSchemas } from '../../src/core/events/event.js';
import { dataSchema, schemaFile } from './json-schemas.js';
import { code, page, table } from './markdown.js';

/** Every event as it is handed over, and the page that lists them. */
export function eventPages(): [string, string][] {
  const schemas = eventNames.map((name): [string, string] => {
    const document = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: titleOf(name),
      ...(dataSchema(eventSchemas[name]) as object),
    };
    return [`json/${schemaFile(`event.${name}`)}`, `${JSON.stringify(document, null, 2)}\n`];
  });
  const rows = eventNames.map((name) => [`[${code(titleOf(name))}](${schemaFile(`event.${name}`)})`, meanings[name]]);
  const text = page(
    '# Events',
    `What ${code('guard')} tells a command of yours ([guard.md](../guard.md#events)): one of these documents on its standard input. Times are ISO 8601 in UTC, what is unknown is absent, and no document holds a token. ${code('accounts')} has everybody to whom it happened at once and for the same reason.`,
    table(['schema', 'what has happened'], rows),
  );
  return [['json/events.md', text], ...schemas];
}

function titleOf(name: string): string {
  return `codex-auth.event.${name}/1`;
}

const meanings: Readonly<Record<(typeof eventNames)[number], string>> = {
  'quota-low': 'Little is left of a window (the setting `lowQuotaPercent`); once for each of its periods.',
  exhausted: 'Nothing is left to use.',
  'available-again': 'There is something to use again.',
  'sign-in-needed': 'Only you can bring the login back, by signing in.',
  'set-aside': 'An account was set aside because its login needs attention.',
  restored: 'An account that was set aside can be used again.',
  'login-moved': 'A home of the official client has the login of another account than before.',
  'credit-expiring': 'A reset credit ends within three days.',
};
