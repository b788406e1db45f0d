import { isAscii } from 'node:buffer';
import * as fc from 'fast-check';
import { chainOrderKey, parseListedKey } from '../../../src/clients/chain/keys/order-key.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { decodedAt } from '../../../src/clients/chain/scale/undecodable.ts';
import { parsePage } from '../../../src/clients/chain/storage/storage-keys.ts';
import { Finding } from '../harness/finding.ts';
import { anyContent } from '../harness/hostile.ts';
import { mustEqual, outcomeOf } from '../harness/judge.ts';
import { changed, changes } from '../harness/mutation.ts';
import { plainKeyText } from '../harness/reference.ts';
import { type Target, target } from '../harness/target.ts';

const at = { number: 7, hash: `0x${'5a'.repeat(32)}` };
const query = { prefix: storagePrefixes.marketFilesV2, limit: 50, after: null, at };

/** Pages of storage keys. */
export const storageKeys: Target = target({
  name: 'storage-keys',
  inputs: fc.record({ contents: fc.array(anyContent, { maxLength: 8 }), changes }),
  judge: async ({ contents, changes: list }) => {
    const keys = [...new Set(contents.map((content) => chainOrderKey(content).storageKey))].sort();
    const bytes = changed(Buffer.from(JSON.stringify(keys)), list);
    const ways = [isAscii(bytes) && !bytes.includes(0x5c), false].map(
      async (isPlain) =>
        await outcomeOf(() =>
          decodedAt('ws://node', at, () => parsePage('ws://node', { bytes, isPlain }, query, parseListedKey)),
        ),
    );
    const [cut, parsed] = await Promise.all(ways);
    for (const outcome of [cut, parsed]) {
      if (outcome === undefined || outcome.error !== undefined) continue;
      const texts: unknown = JSON.parse(bytes.toString('utf8'));
      if (!Array.isArray(texts)) throw new Finding('keys out of what is no list');
      mustEqual(
        'the orders',
        outcome.value.map(({ text }) => text),
        texts.map((text) => plainKeyText(String(text))),
      );
      mustEqual(
        'their storage keys',
        outcome.value.map(({ storageKey }) => storageKey),
        texts,
      );
    }
    mustEqual('cut and parsed', cut?.error?.code, parsed?.error?.code);
  },
});
