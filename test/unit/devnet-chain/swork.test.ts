import { describe, expect, it } from 'vitest';

import { namedAccount } from '../../../devnet/chain/accounts.ts';
import { ChainModel } from '../../../devnet/chain/model.ts';
import { putBackgroundNodes, putNode, reportWorks, sworkerKey } from '../../../devnet/chain/model-nodes.ts';
import { decodeWorkReport } from '../../../devnet/chain/records/swork.ts';
import { readGroup } from '../../../devnet/chain/runtime/swork-groups.ts';
import { readIdentity } from '../../../devnet/chain/runtime/swork-reports.ts';
import { itemKey, workReportKey } from '../../../devnet/chain/storage-keys.ts';
import { eventNames, eventsOf } from './support/decode.ts';

const owner = namedAccount('owner');
const member = namedAccount('member');

function currentSlot(chain: ChainModel): number {
  const bytes = chain.storage.getAt(itemKey('Swork', 'CurrentReportSlot'), chain.head.number);
  return Number(Buffer.from(bytes ?? []).readBigUInt64LE());
}

function reportSlot(chain: ChainModel, account = member): number | undefined {
  const bytes = chain.storage.get(workReportKey(sworkerKey(account)));
  return bytes === undefined ? undefined : decodeWorkReport(bytes).reportSlot;
}

describe('the slot that counts as reported', () => {
  it.each([
    [25, 500],
    [22, 400],
  ] as const)('at spec %i follows %i blocks into the slot', (specVersion, offset) => {
    const chain = new ChainModel({ specVersion, firstBlock: 1200 });
    expect(currentSlot(chain)).toBe(600);
    chain.advance(offset);
    expect(currentSlot(chain)).toBe(600);
    chain.produceBlock();
    expect([chain.head.number, currentSlot(chain)]).toEqual([1200 + offset, 1200]);
  });

  it('starts as the rule says for a chain that starts late in a slot', () => {
    expect(currentSlot(new ChainModel({ firstBlock: 1701 }))).toBe(1200);
    expect(currentSlot(new ChainModel({ firstBlock: 1700 }))).toBe(600);
  });
});

describe('a work report', () => {
  it('of a registered node makes its slot the newest, once', () => {
    const chain = new ChainModel({ firstBlock: 1200 });
    putNode(chain, member, { reportSlot: 600 });
    reportWorks(chain, { account: member });
    chain.produceBlock();
    expect(reportSlot(chain)).toBe(1200);
    expect(eventNames(chain, 'swork')).toEqual(['WorksReportSuccess']);
    reportWorks(chain, { account: member, added: [{ cid: 'late', sizeBytes: 1 }] });
    chain.produceBlock();
    expect(eventNames(chain, 'swork')).toEqual([]);
  });

  it.each([
    ['an unknown key', namedAccount('nobody'), 0, 2],
    ['more than 300 files', member, 301, 19],
  ])('is refused for %s', (_reason, account, fileCount, error) => {
    const chain = new ChainModel({ firstBlock: 1200 });
    putNode(chain, member);
    const added = Array.from({ length: fileCount }, (_, i) => ({ cid: `file ${i}`, sizeBytes: 1 }));
    reportWorks(chain, { account, added });
    chain.produceBlock();
    const failed = eventsOf(chain).find(({ name }) => name === 'system.ExtrinsicFailed');
    expect(failed?.args[0]).toBe(JSON.stringify({ module: { index: 25, error } }));
  });

  it('is refused from the owner of a group', () => {
    const chain = new ChainModel({ firstBlock: 1200 });
    putNode(chain, member, { groupOwner: owner });
    putNode(chain, owner);
    reportWorks(chain, { account: owner });
    chain.produceBlock();
    expect(eventNames(chain, 'system')).toContain('ExtrinsicFailed');
  });
});

describe('the rest of the network', () => {
  it('reports every slot, except for the nodes that left', () => {
    const chain = new ChainModel({ firstBlock: 1200 });
    putBackgroundNodes(chain, 3, 2);
    chain.advance(1100);
    expect(reportSlot(chain, namedAccount('background node 2'))).toBe(1800);
    expect(reportSlot(chain, namedAccount('gone node 1'))).toBe(0);
    expect(chain.storage.keysAt(itemKey('Swork', 'WorkReports'), chain.head.number, 100)).toHaveLength(5);
  });
});

describe('a group', () => {
  it('is made, joined by an allowed member, and left', () => {
    const chain = new ChainModel();
    putNode(chain, member);
    chain.submit(owner, { kind: 'swork.createGroup' });
    chain.submit(member, { kind: 'swork.joinGroup', owner });
    chain.submit(owner, { kind: 'swork.addMemberIntoAllowlist', target: member });
    chain.submit(member, { kind: 'swork.joinGroup', owner });
    chain.produceBlock();
    expect(eventNames(chain, 'swork')).toEqual(['CreateGroupSuccess', 'AddIntoAllowlistSuccess', 'JoinGroupSuccess']);
    expect(eventNames(chain, 'system').filter((name) => name === 'ExtrinsicFailed')).toHaveLength(1);
    expect(readGroup(chain.storage, owner)).toEqual({ members: [member], allowlist: [] });
    expect(readIdentity(chain.storage, member)?.group).toBe(owner);
    chain.submit(member, { kind: 'swork.quitGroup' });
    chain.produceBlock();
    expect(readGroup(chain.storage, owner)).toEqual({ members: [], allowlist: [] });
    expect(readIdentity(chain.storage, member)?.group).toBeUndefined();
  });
});
