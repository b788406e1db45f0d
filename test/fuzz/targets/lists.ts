import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { OrderListSource } from '../../../src/config/lists.ts';
import { matchLists, prepareLists } from '../../../src/decide/basis/lists.ts';
import { Finding } from '../harness/finding.ts';
import { mustEqual, outcomeOf } from '../harness/judge.ts';
import { changed, changes } from '../harness/mutation.ts';
import { plainList } from '../harness/reference-lists.ts';
import { type Target, target } from '../harness/target.ts';

const cid = 'QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn';
const entries = [
  cid,
  'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
  'cid: z6Mk',
  `cid:0x51~${'0'.repeat(64)}`,
  'cTGVrGb7X9vNp3fbvQskVRQHoxiLPKPFADSPbh6APiJLf3VgH',
  'owner: 5CDvHBym6RLoxTdX9MS1acpaDbNxaFagqM5LpBiFGjWT6o1n',
  'memo: folder/#1',
  '# a comment',
  `${cid} # why`,
  '',
];
const mostBytes = 2 ** 20;

/** One thing again and again, on one line or as a line each: as many as fit. */
interface Blown {
  readonly head: string;
  readonly unit: string;
  readonly times: number;
  readonly tail: string;
}

const text: fc.Arbitrary<Uint8Array> = fc
  .record({
    lines: fc.array(fc.constantFrom(...entries), { maxLength: 8 }),
    end: fc.constantFrom('\n', '\r\n'),
    changes,
  })
  .map(({ lines, end, changes: list }) => changed(Buffer.from(lines.join(end)), list));
const blown: fc.Arbitrary<Blown> = fc.record({
  head: fc.constantFrom('', 'Qm', 'z', 'b', 'k', 'cid:', 'cid:z', 'owner:', 'memo:', 'memo:a', '#', '0x'),
  unit: fc.constantFrom(
    '1',
    '2',
    'a',
    'z',
    ' ',
    ' #',
    '\t',
    '\n',
    'x\n',
    'memo:',
    '\u0001',
    '\u2028',
    '\ud83d\ude00',
    `${cid}\n`,
  ),
  times: fc.constantFrom(127, 128, 129, 150_000, mostBytes),
  tail: fc.constantFrom('', 'x\u2028y', '\rx', ' # \u2028', '0'),
});

export function blownText({ head, unit, times, tail }: Blown): Buffer {
  const fitting = Math.min(times, Math.floor(mostBytes / Buffer.byteLength(unit)));
  return Buffer.from(`${head}${unit.repeat(fitting)}${tail}`);
}

let folder: string | undefined;

/** Files of orders to deny or to allow, which are read again while the bot runs. */
export const lists: Target = target({
  name: 'lists',
  unitRuns: 100,
  inputs: fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: blown }),
  judge: async (input) => await judgeList(input instanceof Uint8Array ? input : blownText(input)),
  close: async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    folder = undefined;
  },
});

/** Throws what is wrong with how a file of orders is read. */
export async function judgeList(bytes: Uint8Array): Promise<void> {
  folder ??= mkdtempSync(path.join(os.tmpdir(), 'smanager-fuzz-lists-'));
  const file = path.join(folder, 'list');
  writeFileSync(file, bytes);
  const source = new OrderListSource({ cids: [], owners: [], memoPrefixes: [], files: [file] });
  const outcome = await outcomeOf(async () => await source.load());
  const expected = plainList(bytes);
  if (outcome.error !== undefined) {
    const { code, message } = outcome.error;
    if (code !== 'CONFIG_INVALID') throw new Finding(`refused with ${code}`);
    if (message.length > 10_000) throw new Finding(`a refusal of ${message.length} characters`);
  }
  const list = outcome.error === undefined ? outcome.value : undefined;
  mustEqual('the list', list && told(list), expected);
  if (list === undefined) return;
  const prepared = prepareLists(list, list);
  for (const one of list.cids) mustEqual(`${one} is`, matchLists(one, [], prepared)?.list, 'deny');
}

function told({ cids, owners, memoPrefixes }: Awaited<ReturnType<OrderListSource['load']>>): unknown {
  return { cids: [...cids], owners: [...owners], memoPrefixes };
}
