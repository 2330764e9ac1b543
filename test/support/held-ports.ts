import { type AddressInfo, createServer, type Server } from 'node:net';
import { onTestFinished } from 'vitest';

/** Occupies a port until the test ends, as an unrelated program would; 0 is any free one. */
export async function holdPort(port = 0): Promise<number> {
  const server = await listen(port);
  onTestFinished(() => close(server));
  return portOf(server);
}

export async function freePort(): Promise<number> {
  const server = await listen(0);
  await close(server);
  return portOf(server);
}

export async function canBind(port: number): Promise<boolean> {
  const server = await listen(port).catch(() => undefined);
  if (server !== undefined) await close(server);
  return server !== undefined;
}

function listen(port: number): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => undefined).destroy());
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => {
      ports.set(server, (server.address() as AddressInfo).port);
      resolve(server);
    });
  });
}

const ports = new WeakMap<Server, number>();

function portOf(server: Server): number {
  return ports.get(server) ?? 0;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
