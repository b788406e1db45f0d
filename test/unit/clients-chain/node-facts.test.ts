import { encodeAddress } from '@polkadot/util-crypto';
import { describe, expect, it } from 'vitest';
import { metadataHex } from '../../../devnet/chain/metadata.ts';
import { accountOf, parseAccount } from '../../../src/domain/account.ts';
import type { Account } from '../../../src/domain/account.ts';
import { decodeRegistry } from '../../../src/clients/chain/events/library/registry.ts';
import { groupKey, identityKey } from '../../../src/clients/chain/facts/node-facts.ts';
import { storagePrefixes } from '../../../src/clients/chain/keys/storage-prefixes.ts';
import { ask, honest, StubChain } from './stub-chain.ts';

const registry = decodeRegistry({ specName: 'crust', metadata: metadataHex(25) });
const own = accountOf('11'.repeat(32));
const owner = accountOf('22'.repeat(32));
const others = ['33', '01', 'fe'].map((byte) => accountOf(byte.repeat(32)));
const anchor = `0x${'0a'.repeat(64)}`;
const identity = (group: string | null): string =>
  registry.createType('Identity', { anchor, punishment_deadline: 600, group }).toHex();
const group = (members: readonly Account[]): string => {
  const addresses = members.map(({ address }) => address);
  return registry.createType('Group', { members: addresses, allowlist: [own.address] }).toHex();
};

async function groupOf(state: Record<string, string>): Promise<unknown> {
  const chain = new StubChain();
  const { value } = await chain.client().client.facts.readGroup(own, chain.add(25, state), ask());
  return value;
}

describe('the own group', () => {
  it('has its members sorted by the text of their addresses, and our place among them', async () => {
    const members = [...others, own];
    const sorted = members.map(({ address }) => address).sort();
    const state = { [identityKey(own)]: identity(owner.address), [groupKey(owner)]: group(members) };
    expect(await groupOf(state)).toEqual({
      owner: owner.address,
      members: sorted,
      ownIndex: sorted.indexOf(own.address),
      trouble: null,
    });
    expect(sorted).not.toEqual(members.map(({ address }) => address));
  });

  it('is at the keys that the runtime itself would use', () => {
    expect(identityKey(own).slice(storagePrefixes.sworkIdentities.length)).toMatch(/^[0-9a-f]{32}(?:11){32}$/);
    expect(identityKey(own)).not.toBe(groupKey(own));
  });

  const joined = identity(owner.address);
  const cases: [string, Record<string, string>][] = [
    ['no-identity', {}],
    ['no-group', { [identityKey(own)]: identity(null) }],
    ['empty-group', { [identityKey(own)]: joined }],
    ['empty-group', { [identityKey(own)]: joined, [groupKey(owner)]: '0x0000' }],
    ['not-a-member', { [identityKey(own)]: joined, [groupKey(owner)]: group(others) }],
    ['is-owner', { [groupKey(own)]: group(others) }],
    ['is-owner', { [identityKey(own)]: identity(own.address), [groupKey(own)]: group([own]) }],
  ];
  it.each(cases)('has the trouble %s', async (trouble, state) => {
    expect(await groupOf(state)).toMatchObject({ trouble });
  });

  it('has many times the members that the newest runtime allows, and a damaged one more: that is refused by its field', async () => {
    const groupOfSize = (members: number, allowlist: number): Record<string, string> => {
      const part = (count: number): string =>
        Buffer.from(registry.createType('Compact<u32>', count).toU8a()).toString('hex') + '5e'.repeat(32 * count);
      return { [identityKey(own)]: joined, [groupKey(owner)]: `0x${part(members)}${part(allowlist)}` };
    };
    expect(await groupOf(groupOfSize(20_000, 20_001))).toMatchObject({ members: { length: 20_000 } });
    await expect(groupOf(groupOfSize(20_001, 0))).rejects.toMatchObject({
      code: 'CHAIN_UNDECODABLE',
      data: { endPoint: 'ws://stub', field: 'Groups.members' },
    });
    const cut = groupOfSize(1, 2)[groupKey(owner)]?.slice(0, -2) ?? '';
    await expect(groupOf({ [identityKey(own)]: joined, [groupKey(owner)]: cut })).rejects.toMatchObject({
      data: { field: 'Groups.allowlist' },
    });
  });

  it('cannot be decoded when an entry is damaged', async () => {
    for (const damaged of [`${joined}00`, joined.slice(0, -2), '0x', `${joined.slice(0, -66)}02${joined.slice(-64)}`]) {
      await expect(groupOf({ [identityKey(own)]: damaged })).rejects.toMatchObject({ code: 'CHAIN_UNDECODABLE' });
    }
    const state = { [identityKey(own)]: joined, [groupKey(owner)]: `${group(others)}00` };
    await expect(groupOf(state)).rejects.toMatchObject({ code: 'CHAIN_UNDECODABLE', data: { block: 1 } });
  });
});

const report = (slot: number): string =>
  registry
    .createType('WorkReport', {
      report_slot: slot,
      spower: 2n ** 60n,
      free: 1,
      reported_files_size: 1,
      reported_srd_root: `0x${'01'.repeat(32)}`,
      reported_files_root: `0x${'02'.repeat(32)}`,
    })
    .toHex();

const reportKey = (index: number): string =>
  `${storagePrefixes.sworkWorkReports}${index.toString(16).padStart(148, '0')}`;

const slot = (value: number): string => registry.createType('u64', value).toHex(true);

const reports = (slots: readonly number[]): Record<string, string> =>
  Object.fromEntries(slots.map((one, index) => [reportKey(index), report(one)]));

describe('active nodes', () => {
  it('are those that have reported in the current slot, over many pages', async () => {
    const chain = new StubChain();
    const slots = Array.from({ length: 2100 }, (_, index) => (index % 3 === 0 ? 6000 : 5400));
    const block = chain.add(25, { [storagePrefixes.sworkCurrentReportSlot]: slot(6000), ...reports(slots) });
    expect((await chain.client().client.facts.countActiveNodes(block, ask())).value).toBe(700);
  });

  it('are none without reports', async () => {
    const chain = new StubChain();
    const block = chain.add(25, { [storagePrefixes.sworkCurrentReportSlot]: slot(6000) });
    expect((await chain.client().client.facts.countActiveNodes(block, ask())).value).toBe(0);
  });

  it('are not counted from a report that is damaged or was listed and then missing', async () => {
    const chain = new StubChain();
    const state = { [storagePrefixes.sworkCurrentReportSlot]: slot(600), [reportKey(0)]: `${report(600)}00` };
    const block = chain.add(25, state);
    const { client } = chain.client();
    await expect(client.facts.countActiveNodes(block, ask())).rejects.toMatchObject({ code: 'CHAIN_UNDECODABLE' });
    chain.fault = (method, [keys]) =>
      method === 'state_queryStorageAt' && Array.isArray(keys)
        ? [{ block: block.hash, changes: keys.map((key: unknown) => [key, null]) }]
        : honest;
    await expect(client.facts.countActiveNodes(block, ask())).rejects.toMatchObject({ code: 'CHAIN_BAD_ANSWER' });
  });
});

describe('an account', () => {
  it('is the same in every address format', () => {
    const key = Buffer.from(own.publicKeyHex, 'hex');
    for (const prefix of [0, 42, 66]) expect(parseAccount(encodeAddress(key, prefix))).toEqual(own);
    expect(own.address.startsWith('cT')).toBe(true);
  });

  it.each(['', 'crustaccount', 'cTabc', '0x1234'])('is not read from %j', (text) => {
    expect(() => parseAccount(text)).toThrow(RangeError);
  });

  it('is not read from an address with a wrong letter', () => {
    const wrong = own.address.endsWith('A') ? 'B' : 'A';
    expect(() => parseAccount(own.address.slice(0, -1) + wrong)).toThrow(RangeError);
  });
});
