import { connect, type Socket } from 'node:net';
import { messagesIn } from './messages.js';

/** The way in which a client's bytes reach the server. */
export interface ServerConnection {
  send(bytes: Buffer): void;
  /** The client has gone. */
  close(): void;
}

/** What comes back from the server. */
export interface ServerEvents {
  onBytes(bytes: Buffer): void;
  onEnd(): void;
}

/** A connection of the client's own, which ends with it. */
export function connectDirectly(port: number, { onBytes, onEnd }: ServerEvents): ServerConnection {
  const socket = connectTo(port).on('data', onBytes).on('close', onEnd);
  return { send: (bytes) => void socket.write(bytes), close: () => void socket.destroy() };
}

/**
 * Connections that outlive the client who says goodbye, for the next one with the same name and database: to start a
 * process for each is most of what the server does where thousands come. A connection is kept when it was idle at that
 * moment, and is emptied by `DISCARD ALL` first; a client that is cut, or leaves in the middle of something, ends its
 * connection. The next client is asked for its password as the first was and has to give the same answer, which only
 * md5 makes possible: connections with other passwords are not kept.
 */
export class KeptConnections {
  readonly #port: number;
  readonly #idle: Kept[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(port: number) {
    this.#port = port;
  }

  connect(events: ServerEvents): ServerConnection {
    let connection: ServerConnection | undefined;
    const first = (startup: Buffer): ServerConnection => {
      const kept = this.#take(startup);
      if (kept === undefined) return this.#begin(startup, events);
      events.onBytes(kept.greeting.question);
      return this.#goOn(kept, events);
    };
    return {
      send(bytes) {
        if (connection === undefined) connection = first(bytes);
        else connection.send(bytes);
      },
      close: () => connection?.close(),
    };
  }

  /** Ends the connections that no client uses now, before the server is stopped. */
  endIdle(): void {
    for (const { socket } of this.#idle.splice(0)) socket.destroy();
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** A new connection, up to the moment at which the server is ready for a statement. */
  #begin(startup: Buffer, events: ServerEvents): ServerConnection {
    const socket = connectTo(this.#port);
    this.#sockets.add(socket);
    socket.once('close', () => this.#forget(socket));
    const [heard, said]: [Buffer[], Buffer[]] = [[], []];
    let question: Buffer = Buffer.alloc(0);
    let open: ServerConnection | undefined;
    socket.on('close', events.onEnd).on('data', (bytes) => {
      if (open === undefined) {
        heard.push(bytes);
        const welcome = Buffer.concat(heard);
        const [answer] = said;
        if (said.length === 1 && answer !== undefined && isMd5(question) && isReady(welcome)) {
          socket.removeAllListeners('data').removeListener('close', events.onEnd);
          open = this.#speak({ socket, greeting: { startup, question, answer, welcome } }, events);
        }
      }
      events.onBytes(bytes);
    });
    socket.write(startup);
    return {
      send(bytes) {
        if (open !== undefined) return open.send(bytes);
        if (said.length === 0) question = Buffer.concat(heard.splice(0));
        said.push(bytes);
        socket.write(bytes);
      },
      close: () => (open === undefined ? void socket.destroy() : open.close()),
    };
  }

  /** A kept connection: the new client gets the greeting and the question of the first one. */
  #goOn(kept: Kept, events: ServerEvents): ServerConnection {
    const { socket, greeting } = kept;
    let open: ServerConnection | undefined;
    return {
      send: (bytes) => {
        if (open !== undefined) return open.send(bytes);
        if (!bytes.equals(greeting.answer)) {
          socket.destroy();
          return events.onEnd();
        }
        open = this.#speak(kept, events);
        events.onBytes(greeting.welcome);
      },
      close: () => (open === undefined ? void socket.destroy() : open.close()),
    };
  }

  /** Statements and their answers, up to the goodbye. */
  #speak(kept: Kept, events: ServerEvents): ServerConnection {
    const { socket } = kept;
    let last: Buffer = Buffer.alloc(0);
    let isIdle = true;
    let isLeft = false;
    const onData = (bytes: Buffer) => {
      const { messages, left } = messagesIn(Buffer.concat([last, bytes]));
      last = left;
      isIdle = messages.at(-1)?.equals(readyForQuery) === true;
      if (!isLeft) events.onBytes(bytes);
      else if (isIdle) this.#keep(kept);
    };
    socket.on('data', onData).on('close', events.onEnd);
    return {
      send(bytes) {
        if (isIdle && bytes.equals(goodbye)) {
          isLeft = true;
          socket.removeListener('close', events.onEnd);
          bytes = discardAll;
          events.onEnd();
        }
        isIdle = false;
        socket.write(bytes);
      },
      close() {
        if (!isLeft) socket.destroy();
      },
    };
  }

  #take(startup: Buffer): Kept | undefined {
    const index = this.#idle.findIndex(({ greeting }) => greeting.startup.equals(startup));
    return this.#idle.splice(index, index === -1 ? 0 : 1)[0];
  }

  #forget(socket: Socket): void {
    this.#sockets.delete(socket);
    const index = this.#idle.findIndex((kept) => kept.socket === socket);
    if (index !== -1) this.#idle.splice(index, 1);
  }

  #keep(kept: Kept): void {
    kept.socket.removeAllListeners('data');
    if (this.#idle.length >= mostIdle) return void kept.socket.destroy();
    this.#idle.push(kept);
  }
}

/** A server takes some fifty. */
const mostIdle = 4;

interface Kept {
  readonly socket: Socket;
  /** What was said before the first statement. */
  readonly greeting: {
    readonly startup: Buffer;
    readonly question: Buffer;
    readonly answer: Buffer;
    readonly welcome: Buffer;
  };
}

const goodbye = Buffer.from('X\0\0\0\x04', 'latin1');
const discardAll = Buffer.from('Q\0\0\0\x10DISCARD ALL\0', 'latin1');
/** The message of a server that is ready for a statement, outside of any transaction. */
const readyForQuery = Buffer.from('Z\0\0\0\x05I', 'latin1');

function isMd5(question: Buffer): boolean {
  return question[0] === 'R'.charCodeAt(0) && question.length === 13 && question.readInt32BE(5) === 5;
}

function isReady(welcome: Buffer): boolean {
  return messagesIn(welcome).messages.at(-1)?.equals(readyForQuery) === true;
}

function connectTo(port: number): Socket {
  return connect({ host: '127.0.0.1', port, noDelay: true }).on('error', () => undefined);
}
