import { describe, expect, it } from 'vitest';

import { namedAccount, toAddress } from '../../../devnet/chain/accounts.ts';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { fileInfo, putFile, replicaOf, strangers } from '../../../devnet/chain/model-files.ts';
import { putNode, reportWorks } from '../../../devnet/chain/model-nodes.ts';
import type { FileReport } from '../../../devnet/chain/model-nodes.ts';
import type { SpecVersion } from '../../../devnet/chain/runtime-version.ts';
import { SPOWER_SUPERIOR } from '../../../devnet/chain/spower-service.ts';
import { callsOf, eventNames, eventsOf } from './support/decode.ts';

const CID = 'QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn';
const owner = namedAccount('owner');
const member = namedAccount('member');
const other = namedAccount('other member');
const DELAY = 3;

function world(specVersion: SpecVersion = 25): ChainModel {
  const chain = new ChainModel({ specVersion, firstBlock: 1200, rules: { spowerDelayBlocks: DELAY } });
  putNode(chain, member, { groupOwner: owner });
  putNode(chain, other, { groupOwner: owner });
  return chain;
}

/** Reports and lets the spower service do its work. */
function report(chain: ChainModel, files: { added?: FileReport[]; deleted?: FileReport[] }, account = member): void {
  reportWorks(chain, { account, ...files });
  chain.advance(1 + (chain.specVersion < 23 ? 0 : DELAY));
}

describe('a reported file', () => {
  it('gets its replica from the spower service some blocks after the report', () => {
    const chain = world();
    putFile(chain, CID, { sizeBytes: 100n });
    reportWorks(chain, { account: member, added: [{ cid: CID, sizeBytes: 100 }] });
    chain.produceBlock();
    expect(eventNames(chain, 'swork')).toEqual(['QueueWorkReportSuccess', 'WorksReportSuccess']);
    chain.advance(DELAY - 1);
    expect(fileInfo(chain, CID)?.replicas).toEqual([]);
    const block = chain.produceBlock();
    expect(fileInfo(chain, CID)).toMatchObject({
      calculatedAtBlock: block.number,
      expiresAtBlock: block.number + 2_592_000,
      reportedReplicaCount: 1,
      remainingPaidCount: 3,
      replicas: [{ ...replicaOf(owner, 1199, member) }],
    });
    expect(callsOf(block)[1]).toMatchObject({
      name: 'market.updateReplicas',
      signer: SPOWER_SUPERIOR,
      args: [
        [[CID, '100', [[toAddress(member), toAddress(owner), expect.anything(), '1,200', '1,200', '1,199', true]]]],
        '1,200',
      ],
    });
    expect(eventsOf(chain)).toContainEqual({
      phase: '1',
      name: 'market.UpdateReplicasSuccess',
      args: [toAddress(SPOWER_SUPERIOR), String(block.number), '1', '1200'],
    });
  });

  it('before spec 23 gets its replica in the report itself', () => {
    const chain = world(22);
    putFile(chain, CID, { sizeBytes: 100n });
    reportWorks(chain, { account: member, added: [{ cid: CID, sizeBytes: 100 }] });
    const block = chain.produceBlock();
    expect(fileInfo(chain, CID)?.expiresAtBlock).toBe(block.number + 2_592_000);
    expect(eventNames(chain, 'swork')).toEqual(['WorksReportSuccess']);
  });

  it.each([22, 25] as const)('that is larger than ordered closes its order (spec %i)', (specVersion) => {
    const chain = world(specVersion);
    putFile(chain, CID, { sizeBytes: 100n });
    report(chain, { added: [{ cid: CID, sizeBytes: 101 }] });
    expect(fileInfo(chain, CID)).toBeUndefined();
    expect(eventNames(chain, 'market')[0]).toBe('IllegalFileClosed');
  });

  it('that is smaller than ordered sets the size', () => {
    const chain = world();
    putFile(chain, CID, { sizeBytes: 100n });
    report(chain, { added: [{ cid: CID, sizeBytes: 60 }] });
    expect(fileInfo(chain, CID)?.sizeBytes).toBe(60n);
  });

  it('that others hold is not measured again', () => {
    const chain = world();
    putFile(chain, CID, { sizeBytes: 100n, expiresAtBlock: 99_000, replicas: strangers(1, 7) });
    report(chain, { added: [{ cid: CID, sizeBytes: 5000 }] });
    expect(fileInfo(chain, CID)).toMatchObject({ sizeBytes: 100n, expiresAtBlock: 99_000, reportedReplicaCount: 2 });
  });

  it('counts once for a group, and only its reporter can take it away', () => {
    const chain = world();
    putFile(chain, CID, { sizeBytes: 100n });
    report(chain, { added: [{ cid: CID, sizeBytes: 100 }] });
    report(chain, { added: [{ cid: CID, sizeBytes: 100 }] }, other);
    expect(fileInfo(chain, CID)?.replicas).toMatchObject([{ owner, who: member }]);
    chain.advance(600);
    report(chain, { deleted: [{ cid: CID, sizeBytes: 100 }] }, other);
    expect(fileInfo(chain, CID)?.reportedReplicaCount).toBe(1);
    report(chain, { deleted: [{ cid: CID, sizeBytes: 100 }] });
    expect(fileInfo(chain, CID)).toMatchObject({ reportedReplicaCount: 0, replicas: [] });
    expect(fileInfo(chain, CID)?.expiresAtBlock).toBeGreaterThan(0);
  });

  it('is not taken beyond 200 replicas', () => {
    const chain = world();
    putFile(chain, CID, { sizeBytes: 100n, replicas: strangers(200, 7), expiresAtBlock: 99_000 });
    report(chain, { added: [{ cid: CID, sizeBytes: 100 }] });
    expect(fileInfo(chain, CID)?.replicas).toHaveLength(200);
  });

  it('is ignored when its order has closed meanwhile', () => {
    const chain = world();
    report(chain, { added: [{ cid: CID, sizeBytes: 100 }] });
    expect(fileInfo(chain, CID)).toBeUndefined();
    const update = eventsOf(chain).find(({ name }) => name === 'market.UpdateReplicasSuccess');
    expect(update?.args[2]).toBe('0');
  });

  it('earns one of the first four 2.5 parts of the 18 in the pot', () => {
    const chain = world();
    putFile(chain, CID, { sizeBytes: 100n, amountPico: 1_800_000_000n });
    report(chain, { added: [{ cid: CID, sizeBytes: 100 }] });
    expect(fileInfo(chain, CID)?.amountPico).toBe(1_550_000_002n);
  });

  it('cannot be brought in by anybody but the spower service', () => {
    const chain = world();
    chain.submit(member, { kind: 'market.updateReplicas', files: [], lastProcessedBlock: 1 });
    chain.produceBlock();
    const failed = eventsOf(chain).find(({ name }) => name === 'system.ExtrinsicFailed');
    expect(failed?.args[0]).toBe(JSON.stringify({ module: { index: 26, error: 8 } }));
  });
});
