import { CID } from 'multiformats/cid';
import { describe, expect, it } from 'vitest';
import { matchLists, prepareLists, type KnownOwner } from '../../../src/decide/basis/lists.ts';
import type { OrderList } from '../../../src/decide/ports.ts';
import type { ListMatch } from '../../../src/domain/strategy.ts';
import { cidOf, emptyList, listOf } from '../../support/decide-world.ts';

const cid = cidOf('listed');
const memo = (text: string): Uint8Array => Buffer.from(text);
const ann: KnownOwner = { address: 'cTAnn', memo: memo('backup/2024/x') };
const bob: KnownOwner = { address: 'cTBob', memo: null };

function match(lists: { deny?: OrderList; allow?: OrderList }, owners: readonly KnownOwner[] = []): ListMatch | null {
  return matchLists(cid, owners, prepareLists(lists.deny ?? emptyList, lists.allow ?? emptyList));
}

describe('the lists', () => {
  it('say nothing when they are empty', () => {
    expect(match({}, [ann])).toBeNull();
  });

  it('deny by CID, owner and the beginning of a memo, and name the entry', () => {
    expect(match({ deny: listOf({ cids: new Set([cid]) }) })).toEqual({ list: 'deny', by: 'cid', entry: cid });
    expect(match({ deny: listOf({ owners: new Set(['cTBob']) }) }, [ann, bob])).toEqual({
      list: 'deny',
      by: 'owner',
      entry: 'cTBob',
    });
    expect(match({ deny: listOf({ memoPrefixes: ['other', 'backup/'] }) }, [bob, ann])).toEqual({
      list: 'deny',
      by: 'memo',
      entry: 'backup/',
    });
  });

  it('mean the file, whatever form of its CID they name', () => {
    const v1 = CID.parse(cid).toV1().toString();
    expect(match({ deny: listOf({ cids: new Set([v1]) }) })).toMatchObject({ list: 'deny', by: 'cid' });
    const lists = prepareLists(listOf({ cids: new Set([cid]) }), emptyList);
    expect(matchLists(v1, [], lists)).toMatchObject({ list: 'deny', by: 'cid' });
    expect(matchLists(cidOf('another'), [], lists)).toBeNull();
  });

  it('take no text apart that no order has', () => {
    const startedMs = performance.now();
    const deny = listOf({ cids: new Set([`Qm${'1'.repeat(150_000)}`, `z${'1'.repeat(150_000)}`]) });
    expect(match({ deny })).toBeNull();
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });

  it('compare memos by their beginning only, and as bytes', () => {
    const deny = listOf({ memoPrefixes: ['backup/2024/x/longer'] });
    expect(match({ deny }, [ann])).toBeNull();
    expect(match({ deny: listOf({ memoPrefixes: ['ackup'] }) }, [ann])).toBeNull();
    expect(match({ deny: listOf({ memoPrefixes: ['é'] }) }, [{ address: 'cTC', memo: memo('école') }])).not.toBeNull();
  });

  it('match nothing by what is unknown: no deny entry, no allow entry', () => {
    const byOwner = listOf({ owners: new Set(['cTAnn']), memoPrefixes: ['backup/'] });
    expect(match({ deny: byOwner }, [])).toBeNull();
    expect(match({ deny: byOwner }, [bob])).toBeNull();
    expect(match({ allow: byOwner }, [])).toEqual({ list: 'allow' });
    expect(match({ allow: listOf({ cids: new Set([cid]) }) }, [])).toBeNull();
  });

  it('count every known owner: one allowed allows, one denied denies', () => {
    expect(match({ allow: listOf({ owners: new Set(['cTAnn']) }) }, [bob, ann])).toBeNull();
    expect(match({ allow: listOf({ owners: new Set(['cTAnn']) }) }, [bob])).toEqual({ list: 'allow' });
    const both = { allow: listOf({ owners: new Set(['cTAnn']) }), deny: listOf({ owners: new Set(['cTBob']) }) };
    expect(match(both, [ann, bob])).toEqual({ list: 'deny', by: 'owner', entry: 'cTBob' });
  });

  it('let deny beat allow for the same entry', () => {
    const list = listOf({ cids: new Set([cid]) });
    expect(match({ allow: list, deny: list })).toMatchObject({ list: 'deny' });
  });

  it('need owners only when an entry speaks of them', () => {
    const byCid = listOf({ cids: new Set([cid]) });
    expect(prepareLists(byCid, byCid).needOwners).toBe(false);
    expect(prepareLists(emptyList, listOf({ owners: new Set(['cTAnn']) })).needOwners).toBe(true);
    expect(prepareLists(listOf({ memoPrefixes: ['x'] }), emptyList).needOwners).toBe(true);
  });
});
