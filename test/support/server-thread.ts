import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

export interface ServerThread {
  readonly port: number;
  /** Resolves when a request has come in. */
  readonly asked: Promise<void>;
}

const source = `
const { createServer } = require('node:http');
const { parentPort, workerData } = require('node:worker_threads');
const server = createServer((request, response) => {
  request.resume();
  parentPort.postMessage('asked');
  setTimeout(() => {
    response.writeHead(200, workerData.headers);
    response.end(Buffer.from(workerData.body));
  }, workerData.answersAfterMs);
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

/** A loopback server with an event loop of its own: it answers also while the loop of the test stands still. */
export async function startServerThread(answer: {
  readonly answersAfterMs: number;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}): Promise<ServerThread> {
  const worker = new Worker(source, { eval: true, workerData: { headers: {}, ...answer } });
  onTestFinished(async () => {
    await worker.terminate();
  });
  const next = () => new Promise<unknown>((resolve) => worker.once('message', resolve));
  const port = Number(await next());
  return { port, asked: next().then(() => undefined) };
}
