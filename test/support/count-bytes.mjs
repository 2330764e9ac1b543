/**
 * Preload (`node --import …/count-bytes.mjs`) that counts what a process reads from and writes to the files whose name
 * contains COUNT_BYTES_OF, backups and temporary files included, and the processor time it takes; it writes both to
 * COUNT_BYTES_LOG when the process ends.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';

const [name, log] = [process.env.COUNT_BYTES_OF, process.env.COUNT_BYTES_LOG];
const real = { ...fs };
const watched = new Set();
const moved = { read: 0, written: 0 };

fs.openSync = (path, ...rest) => {
  const descriptor = real.openSync(path, ...rest);
  if (basename(String(path)).includes(name)) watched.add(descriptor);
  else watched.delete(descriptor);
  return descriptor;
};

fs.readSync = (descriptor, ...rest) => {
  const length = real.readSync(descriptor, ...rest);
  if (watched.has(descriptor)) moved.read += length;
  return length;
};

fs.writeSync = (descriptor, ...rest) => {
  const length = real.writeSync(descriptor, ...rest);
  if (watched.has(descriptor)) moved.written += length;
  return length;
};

fs.writeFileSync = (target, content, ...rest) => {
  real.writeFileSync(target, content, ...rest);
  if (watched.has(target)) moved.written += Buffer.byteLength(content);
};

syncBuiltinESMExports();

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  real.writeFileSync(log, JSON.stringify({ ...moved, cpuMs: (user + system) / 1000 }));
});
