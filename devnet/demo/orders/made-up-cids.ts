import { base32 } from 'multiformats/bases/base32';
import { base36 } from 'multiformats/bases/base36';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import type { SeededRandom } from '../../chain/seeded-random.ts';
import type { Network } from '../../world/network.ts';
import { type Luck, luckOf } from './luck.ts';

const DAG_PB = 0x70;
const RAW = 0x55;
const DAG_CBOR = 0x71;
const SHA2_256 = 0x12;
const SHA2_512 = 0x13;
const EMPTY_DIRECTORY = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn';

/** A CID behind which there are no bytes, in one of the two usual texts. */
function anyCid(random: SeededRandom): string {
  const digest = Digest.create(SHA2_256, random.bytes(32));
  const cid = random.next() % 2 === 0 ? CID.createV0(digest) : CID.createV1(RAW, digest);
  return cid.toString();
}

/** One that the share-out and the draw treat as asked. */
export function cidWith(network: Network, random: SeededRandom, isWanted: (luck: Luck) => boolean): string {
  for (;;) {
    const cid = anyCid(random);
    if (isWanted(luckOf(cid, network))) return cid;
  }
}

/** Texts customers put on chain that can never be sealed or credited, a few of each sort. */
export function badCids(random: SeededRandom): string[] {
  const digest = () => Digest.create(SHA2_256, random.bytes(32));
  return [
    'my holiday pictures',
    'Qm',
    `${anyCid(random)} `,
    CID.createV1(DAG_PB, digest()).toString(base32).toUpperCase(),
    CID.createV1(DAG_PB, digest()).toString(base36),
    CID.createV1(DAG_CBOR, digest()).toString(),
    CID.createV1(RAW, Digest.create(SHA2_512, random.bytes(64))).toString(),
    EMPTY_DIRECTORY,
  ];
}
