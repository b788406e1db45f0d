import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import type { ListConfig, SchedulerConfig } from '../../../src/config/config.ts';
import { type OrderList, OrderListSource } from '../../../src/config/lists.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { prepareLists } from '../../../src/decide/basis/lists.ts';
import { readLogSettings } from '../../../src/runtime/winston-logger.ts';
import { cli } from '../../unit/cli/cli-run.ts';
import { Finding } from '../harness/finding.ts';
import { outcomeOf } from '../harness/judge.ts';
import { changed, type Changes, changes } from '../harness/mutation.ts';
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
  'SMANAGER_SCHEDULER_DENY_OWNERS',
  'SMANAGER_SCHEDULER_DENY_MEMO_PREFIXES',
  'SMANAGER_SEAL_COORDINATOR_AUTH_TOKEN',
  'SMANAGER_SCHEDULER_MIN_SRD_RATIO',
  'SMANAGER_PULL_STALL_MINUTES',
  'SMANAGER_DATA_DIR',
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

/** What the file of a variable holds: a value, or one thing again and again until it has so many bytes. */
type Content =
  | { readonly value: string; readonly valueChanges: Changes }
  | { readonly unit: string; readonly bytes: number };

interface Given {
  readonly variable: string;
  readonly content: Content;
  readonly byFile: boolean;
}

const blown: fc.Arbitrary<Content> = fc.oneof(
  fc.record({
    unit: fc.constantFrom('1', 'Qm', 'z', '\n', ' ', '/', '\u0001', '\u2028', '\u00e9'),
    bytes: fc.constantFrom(129, 150_000, 2 ** 20),
  }),
  // Many entries: each wrong one takes a while, and they are refused at a start and never while the bot runs.
  fc.record({ unit: fc.constantFrom('x,', 'Qm,', 'ws://h/,', 'ws://u:p@h,'), bytes: fc.constant(150_000) }),
);
const changedValue = (value: fc.Arbitrary<string>): fc.Arbitrary<Content> =>
  fc.record({ value, valueChanges: changes });
const given: fc.Arbitrary<Given> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      variable: fc.constantFrom(...variables),
      content: changedValue(fc.constantFrom(...values)),
      byFile: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      variable: fc.constant('SMANAGER_SEAL_COORDINATOR_AUTH_TOKEN'),
      content: changedValue(fc.constant(token)),
      byFile: fc.constant(true),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      variable: fc.constantFrom(...variables),
      content: blown,
      byFile: fc.constant(true),
    }),
  },
);

function bytesOf(content: Content): Buffer {
  if ('value' in content) return changed(Buffer.from(content.value), content.valueChanges);
  return Buffer.from(content.unit.repeat(content.bytes)).subarray(0, content.bytes);
}

/** The environment with one variable, whose file is written. */
function environmentOf({ variable, content, byFile }: Given, inFolder: string): Record<string, string> {
  const bytes = bytesOf(content);
  if (!byFile) return { [variable]: bytes.toString('utf8') };
  const file = path.join(inFolder, 'value');
  writeFileSync(file, bytes);
  return { [`${variable}_FILE`]: file };
}

let folder: string | undefined;
const log = new JudgedLog();

/** What the configuration itself holds of the lists is taken apart like what their files hold. */
async function readLists({ deny, allow }: SchedulerConfig): Promise<void> {
  const load = async (list: ListConfig): Promise<OrderList> => await new OrderListSource({ ...list, files: [] }).load();
  prepareLists(await load(deny), await load(allow));
}

/** The configuration file, the environment and the files that it names. */
export const configuration: Target = target({
  name: 'configuration',
  unitRuns: 60,
  inputs: fc.record({
    changes,
    given: fc.option(given, { nil: undefined }),
  }),
  judge: async ({ changes: list, given: one }) => {
    folder ??= mkdtempSync(path.join(os.tmpdir(), 'smanager-fuzz-config-'));
    const workingDirectory = folder;
    const file = path.join(workingDirectory, 'smanager-config.json');
    writeFileSync(file, changed(Buffer.from(whole), list));
    const env = { SMANAGER_CONFIG: file, ...(one === undefined ? {} : environmentOf(one, workingDirectory)) };
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
      await readLists(outcome.value.config.scheduler);
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
