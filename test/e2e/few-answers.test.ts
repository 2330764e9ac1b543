import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { project } from '../support/docs/markdown-files.js';

// A process of its own, because flags of V8 hold for the whole process.
const script = `
  const { expectFewAnswers } = await import('${new URL('src/process/short-run.ts', pathToFileURL(`${project}/`)).href}');
  expectFewAnswers();
  // One function, which adds two numbers.
  const bytes = Buffer.from('0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b', 'hex');
  const module = new WebAssembly.Module(bytes);
  const { add } = new WebAssembly.Instance(module).exports;
  let refusal;
  try {
    new WebAssembly.Module(bytes.subarray(0, 20));
  } catch ({ name }) {
    refusal = name;
  }
  console.log(add(20, 22), module instanceof WebAssembly.Module, refusal);
  process.exit();
`;

it('a parser that is compiled once works as any other', () => {
  const argv = ['--import', 'tsx', '--input-type=module', '-e', script];
  expect(execFileSync(process.execPath, argv, { cwd: project, encoding: 'utf8' })).toBe('42 true CompileError\n');
});
