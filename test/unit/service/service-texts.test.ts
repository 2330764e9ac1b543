import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOMParser, type Element } from '@xmldom/xmldom';
import { describe, expect, it } from 'vitest';
import { readMark, withMark } from '../../../src/core/service/installed.js';
import { launchdAgent, type ServiceFacts, systemdUnit, windowsTask } from '../../../src/core/service/service-files.js';
import { temporaryDirectory } from '../../support/temporary.js';

const facts = (changes: Partial<ServiceFacts> = {}): ServiceFacts => ({
  id: '0123456789ab',
  root: '/home/me/.codex/multi-auth',
  node: '/usr/bin/node',
  script: '/usr/lib/node_modules/codex-auth/bin/codex-auth.js',
  variables: {},
  ...changes,
});
const made = { root: '/r--oot', node: '/n', script: '/s', directories: 2 };
const nasty = 'a b "c" \'d\' $HOME %h \\ <&> é--';

describe('the mark of a service', () => {
  it.each([systemdUnit, launchdAgent, windowsTask])(
    'tells whose it is, and whether somebody has changed it',
    (text) => {
      const marked = withMark(text(facts()), made);
      expect(readMark(marked)).toEqual({ made, isChanged: false });
      expect(readMark(marked.replace('30', '31'))).toEqual({ made, isChanged: !marked.includes('<Task') });
      expect(readMark(marked.replace('guard', 'guard '))?.isChanged ?? true).toBe(true);
      expect(readMark(marked.replace(/\[\w{10}/, '['))).toBeUndefined();
      expect(readMark(text(facts()))).toBeUndefined();
    },
  );
});

const analyze = 'systemd-analyze';
const hasAnalyze = spawnSync(analyze, ['--version']).status === 0;

describe('the unit of systemd', () => {
  it.skipIf(!hasAnalyze)(
    `is understood by systemd-analyze, whatever the paths${hasAnalyze ? '' : ' (skipped: not installed)'}`,
    () => {
      const directory = join(temporaryDirectory(), nasty.replaceAll('/', ''));
      mkdirSync(directory);
      const [node, script] = [join(directory, 'node'), join(directory, 'script.js')];
      for (const path of [node, script]) writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 });
      const unit = join(temporaryDirectory(), 'codex-auth-guard-0123456789ab.service');
      const text = systemdUnit(facts({ root: directory, node, script, variables: { HTTPS_PROXY: `http://${nasty}` } }));
      writeFileSync(unit, withMark(text, made));
      const { status, stdout, stderr } = spawnSync(analyze, ['verify', '--user', '--man=no', unit], {
        encoding: 'utf8',
        env: { ...process.env, XDG_RUNTIME_DIR: temporaryDirectory(), HOME: directory },
      });
      expect([status, (stdout + stderr).split('\n').filter((line) => line.includes('codex-auth'))]).toEqual([0, []]);
    },
  );
});

/** A property list as the values that it holds. */
function plistValue(element: Element): unknown {
  const children = Array.from(element.childNodes).filter((node): node is Element => node.nodeType === 1);
  switch (element.tagName) {
    case 'dict':
      return Object.fromEntries(
        children.flatMap((key, index) =>
          key.tagName === 'key' ? [[key.textContent, plistValue(children[index + 1] as Element)]] : [],
        ),
      );
    case 'array':
      return children.map(plistValue);
    case 'integer':
      return Number(element.textContent);
    case 'true':
      return true;
    default:
      return element.textContent;
  }
}

function parseXml(text: string): Element {
  const problems: string[] = [];
  const parser = new DOMParser({ onError: (level, message) => problems.push(`${level}: ${message}`) });
  const { documentElement } = parser.parseFromString(text, 'text/xml');
  expect(problems).toEqual([]);
  if (documentElement === null) throw new Error('no element');
  return documentElement;
}

describe('the agent of launchd', () => {
  it('is a property list that says what to run, whatever the paths', () => {
    const node = `/opt/${nasty}/node`;
    const text = withMark(launchdAgent(facts({ node, variables: { CODEX_HOME: nasty } })), made);
    const plist = parseXml(text);
    const [dict] = Array.from(plist.childNodes).filter((child): child is Element => child.nodeType === 1);
    expect(plistValue(dict as Element)).toEqual({
      Label: 'codex-auth.guard.0123456789ab',
      ProgramArguments: [node, facts().script, 'guard', '--service'],
      EnvironmentVariables: { CODEX_HOME: nasty },
      WorkingDirectory: '/',
      RunAtLoad: true,
      KeepAlive: true,
      ThrottleInterval: 30,
      ExitTimeOut: 30,
      ProcessType: 'Background',
      Umask: 0o077,
    });
  });
});

describe('the task of Windows', () => {
  const textIn = (task: Element, name: string) => task.getElementsByTagName(name)[0]?.textContent;

  it('runs the program as it is where it needs nothing of an environment', () => {
    const node = 'C:\\Program Files\\nodejs\\node.exe';
    const script = 'C:\\Users\\Zoë & Co\\npm\\codex-auth.js';
    const text = withMark(windowsTask(facts({ node, script })), made);
    expect(text).toMatch(/^[\x20-\x7e\r\n]*$/);
    const task = parseXml(text);
    expect(textIn(task, 'Command')).toBe(node);
    expect(textIn(task, 'Arguments')).toBe(`"${script}" guard --service`);
    expect(textIn(task, 'RunLevel')).toBe('LeastPrivilege');
    expect(textIn(task, 'ExecutionTimeLimit')).toBe('PT0S');
  });

  it('sets what it needs, and refuses what the command processor cannot quote', () => {
    const task = parseXml(
      windowsTask(facts({ node: 'C:\\node.exe', script: 'C:\\s.js', variables: { CODEX_HOME: 'D:\\c & x' } })).replace(
        '@mark@',
        '',
      ),
    );
    expect(textIn(task, 'Command')).toBe('cmd.exe');
    expect(textIn(task, 'Arguments')).toBe(
      '/d /s /c "set "CODEX_HOME=D:\\c & x" && "C:\\node.exe" "C:\\s.js" guard --service"',
    );
    expect(() => windowsTask(facts({ variables: { CODEX_HOME: '%TEMP%' } }))).toThrow('because of a character in it');
  });
});
