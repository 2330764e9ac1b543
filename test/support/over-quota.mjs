/**
 * Preload (`node --import …/over-quota.mjs`): below OVER_QUOTA_UNDER no file grows and none is made, as for somebody whose
 * disk quota is used up. Real quotas need a file system of their own and a kernel that has them.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { resolve, sep } from 'node:path';

const root = resolve(process.env.OVER_QUOTA_UNDER);
const real = { ...fs };
const isBelow = (path) => resolve(String(path)).startsWith(root + sep);

function refuse(call, path) {
  const error = new Error(`EDQUOT: disk quota exceeded, ${call} '${path}'`);
  throw Object.assign(error, { code: 'EDQUOT', errno: -122, syscall: call, path });
}

fs.openSync = (path, flags, ...rest) => {
  const makes = typeof flags === 'string' ? /^[wa]/.test(flags) : (flags & fs.constants.O_CREAT) !== 0;
  if (makes && isBelow(path) && !fs.existsSync(path)) refuse('open', path);
  return real.openSync(path, flags, ...rest);
};
fs.mkdirSync = (path, ...rest) => {
  if (isBelow(path) && !fs.existsSync(path)) refuse('mkdir', path);
  return real.mkdirSync(path, ...rest);
};
syncBuiltinESMExports();
