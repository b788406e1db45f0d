import path from 'node:path';
import * as fc from 'fast-check';
import { chainOrderKey } from '../../../src/clients/chain/keys/order-key.ts';
import { explain } from '../../../src/decide/explain.ts';
import { explainText } from '../../../src/cli/explain-text.ts';
import { reconcileText } from '../../../src/cli/reconcile-text.ts';
import { perClass } from '../../../src/domain/reconcile.ts';
import { printableJson } from '../../../src/lib/printable.ts';
import type { Order } from '../../../src/domain/order.ts';
import { readOrderStory } from '../../../src/store/order-story.ts';
import { selectOrders, toOrder } from '../../../src/store/order-row.ts';
import { cli, writeConfig } from '../../unit/cli/cli-run.ts';
import { Finding } from '../harness/finding.ts';
import { anyAmount, anyContent, anySize } from '../harness/hostile.ts';
import { mustEqual } from '../harness/judge.ts';
import { OrderWorld } from '../harness/order-world.ts';
import { plainText } from '../harness/reference.ts';
import { type Target, target } from '../harness/target.ts';
import { JudgedLog, mustBePlain } from '../harness/terminal.ts';

interface Hostile {
  readonly cid: Uint8Array;
  readonly memo: Uint8Array;
  readonly size: bigint;
  readonly amount: bigint;
}

const order: fc.Arbitrary<Hostile> = fc.record({ cid: anyContent, memo: anyContent, size: anySize, amount: anyAmount });
const textOf = ({ cid }: Hostile): string => plainText(cid);
const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

/** Orders with anything in them, from the chain to the terminal. */
export const orders: Target = target({
  name: 'orders',
  maxRunMs: 10_000,
  unitRuns: 12,
  inputs: fc.record({
    list: fc.uniqueArray(order, { minLength: 1, maxLength: 12, selector: textOf }),
    way: fc.constantFrom('walk' as const, 'events' as const),
  }),
  judge: async ({ list, way }) => {
    const log = new JudgedLog();
    const world = await OrderWorld.open(log.logger);
    try {
      await world.take((block) => {
        for (const { cid, memo, size, amount } of list) {
          const sizeBytes = Number(size > maxSafe ? maxSafe : size);
          block.order(cid, { sizeBytes, rewardPico: String(amount) }, undefined, memo);
        }
      }, way);
      log.judge();
      await judgeRows(world, list);
      for (const one of list) await judgeStory(world, one);
      judgeReconciled(list);
      await judgeCommands(world, list);
    } finally {
      await world.room.close();
    }
  },
});

async function judgeRows({ room }: OrderWorld, list: readonly Hostile[]): Promise<void> {
  const rows: Order[] = await room.database.read(async (reader) => (await selectOrders(reader)).map(toOrder));
  const found = rows.map(({ key, sizeBytes, rewardPico, status }) => [
    key.text,
    sizeBytes,
    rewardPico,
    status === 'new',
  ]);
  const expected = list.map((one) => [
    textOf(one),
    Number(one.size > maxSafe ? maxSafe : one.size),
    String(one.amount),
    false,
  ]);
  const sorted = (all: readonly (readonly unknown[])[]): string[] => all.map((row) => JSON.stringify(row)).sort();
  mustEqual('the orders', sorted(found), sorted(expected));
}

async function judgeStory({ room }: OrderWorld, one: Hostile): Promise<void> {
  const story = await readOrderStory(room.database, chainOrderKey(one.cid));
  if (story === undefined) throw new Finding(`no story of ${textOf(one)}`);
  const { order: row, decidedBy, newestBasis: newest, headBlock } = story;
  const explanation = explain(row, { decidedBy, newest, headBlock, standstill: undefined });
  mustBePlain('explain', explainText(story, explanation));
  const json = printableJson({ ...story, explanation });
  mustBePlain('explain --json', json);
  if (json.includes('\n')) throw new Finding('explain --json takes more than one line');
  JSON.parse(json);
}

/** sWorker may name a file by any text, which no order needs to have. */
function judgeReconciled(list: readonly Hostile[]): void {
  const examples = list.map(({ cid }) => Buffer.from(cid).toString('utf8'));
  const found = { files: examples.length, bytes: 1, remedies: { report: examples.length }, healed: 0, examples };
  const report = { atMs: 0, atBlock: 1, tookMs: 1, isApplied: false, classes: perClass(() => found) };
  const text = reconcileText(report);
  mustBePlain('reconcile', text);
  if (
    text.split('\n').length !==
    reconcileText({ ...report, classes: perClass(() => ({ ...found, examples: ['Qm'] })) }).split('\n').length
  )
    throw new Finding('a CID takes more than one line of reconcile');
  const json = printableJson(report);
  mustBePlain('reconcile --json', json);
  mustEqual('reconcile --json', JSON.parse(json), report);
}

async function judgeCommands({ room }: OrderWorld, list: readonly Hostile[]): Promise<void> {
  const options = await writeConfig(room.dataDir, path.resolve(room.dataDir));
  const words = [
    ['status'],
    ['status', '--json'],
    ...list.slice(0, 2).map(({ cid }) => ['explain', '--', Buffer.from(cid).toString('utf8')]),
  ];
  for (const command of words) {
    const { stdout, stderr } = await cli(command, options);
    mustBePlain(`${command[0]} on stdout`, stdout);
    mustBePlain(`${command[0]} on stderr`, stderr);
  }
}
