import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';

/** What a stand-in for the official client's background server answers, by method; what it does not list it ignores. */
export type Answers = Readonly<Record<string, object>>;

/** As 0.169.0 answers when it is signed in and `busy` of its conversations have a turn under way. */
export function signedInAs(
  who: { readonly userId: string; readonly accountId: string; readonly email: string },
  busy = 0,
): Answers {
  return {
    initialize: {},
    'account/read': {
      account: { type: 'chatgpt', email: who.email, planType: 'plus', workspaceName: null },
      userId: who.userId,
      requiresOpenaiAuth: true,
      workspaceRouting: { chatgptAccountId: who.accountId },
    },
    'thread/loaded/list': { data: ['idle', ...Array.from({ length: busy }, (_, index) => `busy-${index}`)] },
    'thread/read': {},
  };
}

/** Listens on the control socket of a home until the test is over. */
export async function startFakeDaemon(codexHome: string, answers: Answers): Promise<void> {
  const path = join(codexHome, 'app-server-control', 'app-server-control.sock');
  mkdirSync(dirname(path), { recursive: true });
  const server = createServer();
  const open = new Set<Duplex>();
  server.on('upgrade', (request, socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
    );
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (let frame = readFrame(received); frame !== undefined; frame = readFrame(received)) {
        received = received.subarray(frame.size);
        if (frame.isText) reply(socket, JSON.parse(frame.text), answers);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
}

interface Call {
  readonly id?: number;
  readonly method: string;
  readonly params: { readonly threadId?: string };
}

function reply(socket: Duplex, { id, method, params }: Call, answers: Answers): void {
  const answer = answers[method];
  if (id === undefined || answer === undefined) return;
  const status = { type: params.threadId?.startsWith('busy') === true ? 'active' : 'idle' };
  const result = method === 'thread/read' ? { thread: { status } } : answer;
  socket.write(textFrame(JSON.stringify('error' in answer ? { id, ...answer } : { id, result })));
}

/** RFC 6455 section 5.2, as far as messages of less than 64 KiB go. */
function readFrame(bytes: Buffer): { size: number; isText: boolean; text: string } | undefined {
  if (bytes.length < 2) return undefined;
  const isLong = ((bytes[1] ?? 0) & 0x7f) === 126;
  const head = isLong ? 4 : 2;
  const length = isLong ? bytes.readUInt16BE(2) : (bytes[1] ?? 0) & 0x7f;
  const size = head + 4 + length;
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(head, head + 4);
  const payload = bytes.subarray(head + 4, size).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return { size, isText: ((bytes[0] ?? 0) & 0x0f) === 1, text: Buffer.from(payload).toString('utf8') };
}

function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const isLong = payload.length > 125;
  const head = Buffer.alloc(isLong ? 4 : 2);
  head[0] = 0x81;
  head[1] = isLong ? 126 : payload.length;
  if (isLong) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}
