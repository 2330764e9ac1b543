import * as z from 'zod/mini';
import { isJsonObject, type JsonObject } from '../json-object.js';
import { jsonIn } from '../json-text.js';
import { type HandedOver, parseHandedOver } from '../quota/handed-over.js';
import { looseObject, looseText } from '../quota/loose-values.js';

const footerUri = 'ui://codex-auth/footer';
const stateName = 'com.openai/codex-statusline-state';

/** The one tool; the person's configuration of the client names it. */
const tool = {
  name: 'statusline',
  title: 'codex-auth',
  description: 'Shows the account of the conversation and what is left of its windows.',
  inputSchema: { type: 'object', properties: {} },
  _meta: { 'openai/ui': { entrypoints: [{ type: 'statusline', resourceUri: footerUri }] } },
} as const;

type Reply = { readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } };

/**
 * Answers one line of the Model Context Protocol over standard input (JSON-RPC 2.0, one message a line), as far as the
 * client's status line needs it. `draw` makes the footer from what the client says. Undefined where no answer is due.
 */
export function answerLine(line: string, version: string, draw: (state: unknown) => unknown): string | undefined {
  const request = jsonIn(line);
  if (request === undefined) return reply(null, failure(-32700, 'Parse error'));
  if (!isJsonObject(request) || typeof request['method'] !== 'string') {
    return reply(null, failure(-32600, 'Invalid request'));
  }
  const { id, method, params } = request;
  if (id === undefined) return undefined;
  return reply(id, answer(method as string, isJsonObject(params) ? params : {}, version, draw));
}

function answer(method: string, params: JsonObject, version: string, draw: (state: unknown) => unknown): Reply {
  switch (method) {
    case 'initialize':
      return {
        result: {
          protocolVersion: '2025-06-18',
          capabilities: { tools: {}, resources: {} },
          serverInfo: { name: 'codex-auth', version },
        },
      };
    case 'ping':
      return { result: {} };
    case 'tools/list':
      return { result: { tools: [tool] } };
    case 'tools/call':
      if (params['name'] !== tool.name) return failure(-32602, 'Unknown tool');
      return { result: { content: [{ type: 'text', text: `The status line is the resource ${footerUri}.` }] } };
    case 'resources/list':
      return { result: { resources: [{ name: 'footer', uri: footerUri, mimeType: 'application/json' }] } };
    case 'resources/templates/list':
      return { result: { resourceTemplates: [] } };
    case 'resources/read':
      return params['uri'] === footerUri ? { result: footer(params, draw) } : failure(-32602, 'Unknown resource');
    default:
      return failure(-32601, 'Method not found');
  }
}

function footer({ _meta }: JsonObject, draw: (state: unknown) => unknown) {
  const tree = draw(isJsonObject(_meta) ? _meta[stateName] : undefined);
  return { contents: [{ uri: footerUri, mimeType: 'application/json', text: JSON.stringify(tree) }] };
}

function failure(code: number, message: string): Reply {
  return { error: { code, message } };
}

function reply(id: unknown, content: Reply): string {
  return `${JSON.stringify({ jsonrpc: '2.0', id, ...content })}\n`;
}

const RawState = z.object({
  account: looseObject({ rate_limits: z.optional(z.unknown()) }),
  thread: looseObject({ id: looseText }),
});

/** What the official client says of the conversation that it shows (official-client.md#status-line). */
export interface ThreadState {
  readonly threadId?: string;
  readonly limits?: HandedOver;
}

/** Whatever has another shape reads as absent: the interface is experimental. */
export function parseThreadState(value: unknown): ThreadState {
  const parsed = RawState.safeParse(value);
  if (!parsed.success) return {};
  const { account, thread } = parsed.data;
  const limits = parseHandedOver(account?.rate_limits);
  return { ...(thread?.id === undefined ? {} : { threadId: thread.id }), ...(limits === undefined ? {} : { limits }) };
}
