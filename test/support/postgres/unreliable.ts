import { type AddressInfo, createServer, type Socket } from 'node:net';
import { connectDirectly, type KeptConnections } from './kept-connections.js';
import { messagesIn } from './messages.js';

/** What becomes of the messages of the server, counted from 1 for each connection unless the fault says otherwise. */
export type Fault =
  /** The connection breaks in the place of this message. */
  | { readonly kind: 'cut'; readonly at: number }
  /** No message comes any more, from this one on. */
  | { readonly kind: 'silence'; readonly at: number }
  /** This message comes a second time. */
  | { readonly kind: 'twice'; readonly at: number }
  /** The server is gone from this message on, counted over all connections since this was set. */
  | { readonly kind: 'down'; readonly at: number };

export interface Unreliable {
  /** The same address, by way of this connection. */
  through(url: string): string;
  /** The fault for the connections from now on; undefined passes everything on. */
  setFault(fault: Fault | undefined): void;
  /** Whether something is to go wrong. */
  isFaulty(): boolean;
  /** The messages of the last connection so far. */
  messages(): number;
  /** The messages of all connections since a fault was set or taken back. */
  allMessages(): number;
  /** Everything that was passed on in either direction. */
  seen(): Buffer;
  stop(): Promise<void>;
}

/** A way to a database server that fails as it is told to; its connections to the server may be ones that are kept. */
export async function startUnreliable(serverPort: number, kept?: KeptConnections): Promise<Unreliable> {
  let fault: Fault | undefined;
  let count = 0;
  let total = 0;
  const isDown = () => fault?.kind === 'down' && total >= fault.at;
  const seen: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    if (isDown()) {
      client.destroy();
      return;
    }
    const own = fault;
    count = 0;
    sockets.add(client);
    client.on('error', () => undefined).on('close', () => sockets.delete(client));
    let rest: Buffer = Buffer.alloc(0);
    let isSilent = false;
    const onBytes = (chunk: Buffer) => {
      seen.push(chunk);
      const { messages, left } = messagesIn(Buffer.concat([rest, chunk]));
      rest = left;
      // Messages are passed on together, as they came: in pieces they would take the receiver many times as long.
      const passed: Buffer[] = [];
      let isCut = false;
      for (const message of messages) {
        count += 1;
        total += 1;
        if (isDown()) isCut = true;
        const isIt = own !== undefined && count === own.at;
        if (isIt && own.kind === 'cut') isCut = true;
        if (isIt && own.kind === 'silence') isSilent = true;
        if (isSilent || isCut) continue;
        passed.push(message);
        if (isIt && own.kind === 'twice') passed.push(message);
      }
      if (passed.length > 0 && !client.destroyed) client.write(Buffer.concat(passed));
      if (isCut) client.destroy();
    };
    const events = { onBytes, onEnd: () => void client.end() };
    const upstream = kept === undefined ? connectDirectly(serverPort, events) : kept.connect(events);
    client.on('data', (chunk) => {
      seen.push(chunk);
      upstream.send(chunk);
    });
    client.on('close', () => upstream.close());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    through: (url) => url.replace(/@127\.0\.0\.1:\d+/, `@127.0.0.1:${port}`),
    setFault(next) {
      fault = next;
      total = 0;
    },
    isFaulty: () => fault !== undefined,
    messages: () => count,
    allMessages: () => total,
    seen: () => Buffer.concat(seen),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
