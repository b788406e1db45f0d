import { expect, it } from 'vitest';
import { rpcFailure } from '../../../src/clients/chain/connection/transport.ts';
import { rawResultOf } from '../../../src/clients/chain/messages/raw-message.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { StorageValues } from '../../../src/clients/chain/storage/storage-values.ts';
import { u32Hex } from './stub-chain.ts';

const at = { number: 1, hash: `0x${'ab'.repeat(32)}` };
const ask = { signal: new AbortController().signal, priority: 'bulk' } as const;
const keys = Array.from({ length: 940 }, (_, index) => `0x${index.toString(16).padStart(8, '0')}`);

type Line = Parameters<StorageValues['read']>[0];

/** A node that cannot answer for more than so many values at once; every value is its key. */
function line(
  { isFar, valuesAtOnce }: Pick<Line, 'isFar' | 'valuesAtOnce'>,
  carries: number,
  number: string | null = u32Hex(at.number),
): { readonly connection: Line; readonly asked: number[] } {
  const asked: number[] = [];
  const connection: Line = {
    name: 'ws://node',
    isFar,
    valuesAtOnce,
    requestLargeAt: async (question, _ask, read) => {
      const [all] = question.params as [string[]];
      expect(all.at(-1)).toBe(storagePrefixes.systemNumber);
      const wanted = all.slice(0, -1);
      expect(question.values).toBe(wanted.length);
      asked.push(wanted.length);
      if (wanted.length > carries)
        throw rpcFailure('ws://node', question.method, { code: -32_008, message: 'too big' });
      const changes = [...wanted.map((key) => [key, key]), [storagePrefixes.systemNumber, number]];
      return read(rawResultOf([{ block: at.hash, changes }], 'node', 'x'));
    },
  };
  return { connection, asked };
}

it.each([
  { where: 'nearby', isFar: false, valuesAtOnce: 250, asked: [235, 235, 235, 235] },
  { where: 'not far', isFar: false, valuesAtOnce: 500, asked: [470, 470] },
  { where: 'far away', isFar: true, valuesAtOnce: 1000, asked: [940] },
])('asks a node $where for a page in as many questions as it should', async ({ asked, ...place }) => {
  const node = line(place, 1000);
  expect(await new StorageValues(500).read(node.connection, keys, at, ask)).toEqual(keys);
  expect(node.asked).toEqual(asked);
});

it('asks a distant node that cannot carry a page for halves, until it has answered many of them', async () => {
  const node = line({ isFar: true, valuesAtOnce: 1000 }, 480);
  const values = new StorageValues(500);
  for (let page = 0; page < 9; page += 1) expect(await values.read(node.connection, keys, at, ask)).toEqual(keys);
  expect(node.asked.filter((count) => count > 480)).toEqual([940]);
});

it.each([
  ['an older block', u32Hex(0)],
  ['a newer block', u32Hex(2)],
  ['no block at all', null],
])('takes values from the state of %s for a broken answer and never for absent', async (_, number) => {
  const node = line({ isFar: false, valuesAtOnce: 500 }, 1000, number);
  await expect(new StorageValues(500).read(node.connection, keys, at, ask)).rejects.toMatchObject({
    code: 'CHAIN_BAD_ANSWER',
    data: { endPoint: 'ws://node', field: 'System.Number', block: 1, came: number === u32Hex(2) ? 2 : 0 },
  });
});
