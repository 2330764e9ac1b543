import * as z from 'zod/mini';
import { exitCodeByError } from '../../src/cli/exit-codes.js';
import { noCommand, schemaName } from '../../src/cli/output.js';
import type { DocumentedCommand } from './command-tree.js';
import { code, fence, page, table } from './markdown.js';

/** `json/<name>.schema.json` for each kind of document, and the page that explains what they share. */
export function jsonPages(commands: readonly DocumentedCommand[]): [string, string][] {
  const named = new Map<string, { data: unknown; paths: string[] }>();
  for (const { path, module } of commands) {
    if (module === undefined) continue;
    const known = named.get(module.name) ?? { data: dataSchema(module.schema), paths: [] };
    named.set(module.name, { ...known, paths: [...known.paths, path] });
  }
  const schemas = [...named].map(([name, { data }]): [string, string] => [
    `json/${schemaFile(name)}`,
    documentSchema(name, data),
  ]);
  const rows = [...named].map(([name, { paths }]) => [
    `[${code(schemaName(name))}](${schemaFile(name)})`,
    paths.map((path) => `[${code(path)}](../commands/${path.replaceAll(' ', '-')}.md)`).join(', '),
  ]);
  return [['json/README.md', explanation(rows)], ...schemas];
}

export function schemaFile(name: string): string {
  return `${name}.schema.json`;
}

/** Open objects: a later version may add members, and a reader ignores those it does not know. */
export function dataSchema(schema: z.ZodMiniType): unknown {
  const { $schema: _, ...data } = z.toJSONSchema(schema, {
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  return data;
}

function documentSchema(name: string, data: unknown): string {
  const schema = { const: schemaName(name) };
  const document = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: schemaName(name),
    oneOf: [
      {
        type: 'object',
        properties: {
          schema,
          ok: { const: true },
          data,
          warnings: { type: 'array', items: { type: 'string' } },
        },
        required: ['schema', 'ok', 'data', 'warnings'],
      },
      {
        type: 'object',
        properties: { schema, ok: { const: false }, error: errorSchema },
        required: ['schema', 'ok', 'error'],
      },
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const errorSchema = {
  type: 'object',
  properties: {
    code: { enum: Object.keys(exitCodeByError) },
    message: { type: 'string' },
    hint: { type: 'string' },
    docs: { type: 'string' },
    details: { type: 'object' },
  },
  required: ['code', 'message'],
};

function explanation(rows: string[][]): string {
  return page(
    '# JSON documents',
    `With ${code('--json')} a command prints exactly one document on stdout, also when it fails; progress and warnings stay on stderr. What it was asked for is in ${code('data')}:`,
    fence('json', ['{ "schema": "codex-auth.list/1", "ok": true, "data": { }, "warnings": [] }']),
    `There is an ${code('error')} only where there is no ${code('data')}; its ${code('code')} is one of those in [exit codes](../exit-codes.md):`,
    fence('json', [
      '{ "schema": "codex-auth.switch/1", "ok": false,',
      '  "error": { "code": "no-such-account", "message": "…", "hint": "codex-auth list" } }',
    ]),
    [
      '- Names are camelCase, times are ISO 8601 in UTC, indexes start at 1 and stand beside an `id`.',
      '- What is unknown is absent, never zero or null.',
      '- No document holds a token.',
      `- The number at the end of the schema's name changes when a member goes away or means something else. New members may come at any time: ignore those you do not know.`,
      `- Only ${code('watch')} without ${code('--once')} prints one document after the other, each on a line of its own.`,
      `- A command line that could not be understood has the schema ${code(schemaName(noCommand))}: only its ${code('error')} says more.`,
    ].join('\n'),
    table(['schema', 'printed by'], rows),
  );
}
