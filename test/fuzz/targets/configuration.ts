import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { loadConfig } from '../../../src/config/load-config.ts';
import { readLogSettings } from '../../../src/runtime/winston-logger.ts';
import { cli } from '../../unit/cli/cli-run.ts';
import { Finding } from '../harness/finding.ts';
import { outcomeOf } from '../harness/judge.ts';
import { changed, changes, changedText } from '../harness/mutation.ts';
import { JudgedLog, mustBePlain } from '../harness/terminal.ts';
import { type Target, target } from '../harness/target.ts';

const token = 'TOKENthatNobodyMaySee';
const whole = JSON.stringify(
  {
    chain: {
      account: 'cTGVrGb7X9vNp3fbvQskVRQHoxiLPKPFADSPbh6APiJLf3VgH',
      endPoint: ['ws://127.0.0.1:9', 'ws://127.0.0.1:10'],
    },
    sworker: { endPoint: 'http://127.0.0.1:9' },
    ipfs: { endPoint: 'http://127.0.0.1:9' },
    node: { role: 'member' },
    dataDir: '/nowhere',
    scheduler: {
      minSrdRatio: 30,
      strategy: { existedFilesWeight: 0, newFilesWeight: 100 },
      deny: { cids: ['Qm'], memoPrefixes: ['spam'] },
    },
    sealCoordinator: { endPoint: 'http://127.0.0.1:9', nodeUUID: 'node', authToken: token },
  },
  undefined,
  1,
);
const variables = [
  'SMANAGER_CHAIN_ACCOUNT',
  'SMANAGER_CHAIN_END_POINT',
  'SMANAGER_SCHEDULER_STRATEGY',
  'SMANAGER_SCHEDULER_DENY_CIDS',
  'SMANAGER_SCHEDULER_MIN_SRD_RATIO',
  'SMANAGER_PULL_STALL_MINUTES',
  'SMANAGER_DATA_DIR_FILE',
  'SMANAGER_CHAIN_ENDPOINT',
  'SMANAGER_\u001b[31m',
  'LOG_LEVEL',
  'LOG_FORMAT',
];
const values = [
  'ws://user:pass@host:1/?key=x',
  'info,pull=debug',
  '30',
  'srdFirst',
  'Qm,Qn\nQo',
  '/dev/zero',
  '////////////////',
];

let folder: string | undefined;
const log = new JudgedLog();

/** The configuration file and the environment. */
export const configuration: Target = target({
  name: 'configuration',
  unitRuns: 60,
  inputs: fc.record({
    changes,
    variable: fc.constantFrom(...variables),
    value: fc.constantFrom('', ...values),
    valueChanges: changes,
  }),
  judge: async ({ changes: list, variable, value, valueChanges }) => {
    folder ??= mkdtempSync(path.join(os.tmpdir(), 'smanager-fuzz-config-'));
    const workingDirectory = folder;
    const file = path.join(workingDirectory, 'smanager-config.json');
    writeFileSync(file, changed(Buffer.from(whole), list));
    const env = { SMANAGER_CONFIG: file, ...(value === '' ? {} : { [variable]: changedText(value, valueChanges) }) };
    const outcome = await outcomeOf(async () => await loadConfig({ env, workingDirectory }));
    // What stands there twice may stand where it is shown.
    const isMoved = list.some(({ kind }) => kind === 'repeat');
    if (outcome.error !== undefined) {
      const { code } = outcome.error;
      if (code !== 'CONFIG_INVALID' && code !== 'CONFIG_UNREADABLE') throw new Finding(`refused with ${code}`);
      if (!isMoved && outcome.error.message.includes(token)) throw new Finding('a token is shown');
    } else {
      for (const { path: key, message } of outcome.value.warnings)
        log.logger.warn('Configuration', { key, issue: message });
    }
    const { unknown } = readLogSettings(env, false, []);
    for (const word of unknown) log.logger.warn('A word in the log settings is not known', { word });
    log.judge();
    if (outcome.error === undefined) return;
    const { code, stdout, stderr } = await cli(['status', '--json'], { env, workingDirectory });
    if (code !== 78) throw new Finding(`smanager status ends with ${code}`);
    mustBePlain('stdout', stdout);
    mustBePlain('stderr', stderr);
  },
  close: async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    folder = undefined;
  },
});
