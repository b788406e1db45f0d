import * as fc from 'fast-check';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { describe, expect, it } from 'vitest';
import { namedAccount } from '../../../devnet/chain/accounts.ts';
import { luckOf } from '../../../devnet/demo/orders/luck.ts';
import { parseSealableCid } from '../../../src/decide/rules/cid.ts';
import { diceThreshold, drawFor } from '../../../src/decide/rules/dice.ts';
import { shareIndex } from '../../../src/decide/rules/share.ts';

const members = [0, 1, 2].map((i) => namedAccount(`member ${i}`));

describe('what the demo expects of share-out and dice', () => {
  it('is what the bot reckons', () => {
    const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(digests, fc.nat(2), fc.constantFrom(0, 1), (bytes, own, version) => {
        const digest = Digest.create(0x12, bytes);
        const cid = (version === 0 ? CID.createV0(digest) : CID.createV1(0x55, digest)).toString();
        const account = members[own] ?? namedAccount('nobody');
        const luck = luckOf(cid, { account, members, groupOwner: namedAccount('owner'), activeNodes: 1200 });
        const isOurs = shareIndex(parseSealableCid(cid) ?? new Uint8Array(), members.length) === own;
        const draw = drawFor(account.slice(2), cid);
        const basis = { members: members.length, nodeCount: 1200 };
        expect(luck).toEqual({
          isOurs,
          takesNew: isOurs && draw < diceThreshold('new', basis),
          takesDb: isOurs && draw < diceThreshold('db', basis),
        });
      }),
    );
  });
});
