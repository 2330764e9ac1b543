import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type ProcessIdentity, systemProcesses } from '../../src/core/storage/process-table.js';

const onLinux = process.platform === 'linux';
const self = systemProcesses.self;
const children: ReturnType<typeof spawn>[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(command: string, ...args: string[]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  return child;
}

/** The identity another process of this host would write down for that pid. */
function identify(pid: number): ProcessIdentity {
  if (!onLinux) return { ...self, pid, startedAt: undefined };
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return { ...self, pid, startedAt: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the state of a process', () => {
  it('is alive for this process and for a sleeping child', () => {
    const child = start('sleep', '30');
    expect(systemProcesses.stateOf(self)).toBe('alive');
    expect(systemProcesses.stateOf(identify(child.pid ?? 0))).toBe('alive');
  });

  it('is alive for a stopped child', async () => {
    const child = start('sleep', '30');
    child.kill('SIGSTOP');
    if (onLinux) await until(() => / T /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8')));
    expect(systemProcesses.stateOf(identify(child.pid ?? 0))).toBe('alive');
  });

  it('is dead for a killed child that its parent has reaped', async () => {
    const child = start('sleep', '30');
    const identity = identify(child.pid ?? 0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(systemProcesses.stateOf(identity)).toBe('dead');
  });

  it.runIf(onLinux)('is dead for a zombie, whose number still answers to kill', async () => {
    const parent = start('sh', '-c', 'sleep 0.3 & echo $!; exec sleep 30');
    const [line] = await once(parent.stdout ?? parent, 'data');
    const pid = Number(String(line));
    const identity = identify(pid);
    expect(systemProcesses.stateOf(identity)).toBe('alive');
    await until(() => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
    expect(process.kill(pid, 0)).toBe(true);
    expect(systemProcesses.stateOf(identity)).toBe('dead');
  });

  it.runIf(onLinux)('is dead when its number belongs to a process that started at another time', () => {
    const child = start('sleep', '30');
    const identity = identify(child.pid ?? 0);
    expect(systemProcesses.stateOf({ ...identity, startedAt: `${Number(identity.startedAt) - 1}` })).toBe('dead');
  });

  it.runIf(onLinux)('is dead for an earlier boot of this host', () => {
    expect(systemProcesses.stateOf({ ...self, bootId: '00000000-0000-0000-0000-000000000000' })).toBe('dead');
  });

  it('is foreign for another host or another pid namespace, whatever else it says', () => {
    expect(systemProcesses.stateOf({ ...self, host: `${self.host}-2` })).toBe('foreign');
    expect(systemProcesses.stateOf({ ...self, pidNamespace: 'pid:[1]' })).toBe('foreign');
    expect(systemProcesses.stateOf({ ...self, host: 'other', bootId: 'other' })).toBe('foreign');
  });

  it.runIf(onLinux)('is not dead only because the boot is unknown', () => {
    expect(systemProcesses.stateOf({ ...self, bootId: undefined })).toBe('foreign');
  });
});

describe('the identity of this process', () => {
  it.runIf(onLinux)('tells start time, boot and namespace', () => {
    expect(self).toEqual(identify(process.pid));
    expect(self.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(self.pidNamespace).toMatch(/^pid:\[\d+\]$/);
  });

  it.runIf(onLinux)('does not disclose the machine id', () => {
    const machineId = readFileSync('/etc/machine-id', 'utf8').trim() || 'empty';
    expect(JSON.stringify(self)).not.toContain(machineId);
  });
});
