import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usableFacts, type KnownFacts } from '../../../src/decide/basis/missing.ts';
import { nodeCountInUse } from '../../../src/decide/basis/node-count.ts';
import { mergeScopes, revisionScope } from '../../../src/decide/basis/revision-scope.ts';
import { decide } from '../../../src/decide/rules/decide.ts';
import type { DecisionBasis } from '../../../src/domain/strategy.ts';
import { ruleVerdicts } from '../../../src/domain/verdicts.ts';
import { cidOf } from '../../support/decide-world.ts';
import { basisWith, dbOrderWith, factsWith, headBlock, orderWith } from './rules/judged.ts';

const nowMs = 1_700_000_000_000;
const minute = 60_000;

const known: KnownFacts = {
  chainTime: { atBlock: 500, atMs: nowMs, blockTimestampMs: nowMs, specVersion: 25 },
  group: { atBlock: 500, atMs: nowMs, owner: 'cTOwner', members: ['cTA', 'cTB'], ownIndex: 1, trouble: null },
  activeNodes: { atBlock: 400, atMs: nowMs, count: 7 },
  heldFilesKnown: true,
  nowMs,
};

describe('the facts that decisions need', () => {
  it('are usable when all are there and fresh', () => {
    expect(usableFacts(known)).toEqual({
      headBlock: 500,
      groupOwner: 'cTOwner',
      members: 2,
      ownIndex: 1,
      activeNodes: 7,
    });
  });

  it.each<[string, Partial<KnownFacts>]>([
    ['finalized block', { chainTime: undefined }],
    ['group is not known', { group: undefined }],
    ['no identity', { group: { ...known.group!, trouble: 'no-identity' } }],
    ['in no group', { group: { ...known.group!, trouble: 'no-group' } }],
    ['no members', { group: { ...known.group!, trouble: 'empty-group' } }],
    ['not among', { group: { ...known.group!, trouble: 'not-a-member' } }],
    ['owns the group', { group: { ...known.group!, trouble: 'is-owner' } }],
    ['active nodes is not known', { activeNodes: undefined }],
    ['no active node', { activeNodes: { ...known.activeNodes!, count: 0 } }],
    ['sWorker holds', { heldFilesKnown: false }],
  ])('say what is missing: %s', (words, change) => {
    expect(usableFacts({ ...known, ...change })).toContain(words);
  });

  it('are not used when the group is over 10 minutes old, or the nodes over 6 hours', () => {
    expect(usableFacts({ ...known, nowMs: nowMs + 10 * minute })).toBeTypeOf('object');
    expect(usableFacts({ ...known, nowMs: nowMs + 10 * minute + 1 })).toContain('10 minutes');
    const group = { ...known.group!, atMs: nowMs + 360 * minute };
    expect(usableFacts({ ...known, group, nowMs: nowMs + 360 * minute })).toBeTypeOf('object');
    expect(usableFacts({ ...known, group, nowMs: nowMs + 360 * minute + 1 })).toContain('6 hours');
  });

  it('are not trusted when they come from the future, as after a clock stepped back', () => {
    expect(usableFacts({ ...known, nowMs: nowMs - 60 * minute })).toContain('10 minutes');
  });
});

describe('the node count in use', () => {
  const standing = { count: 1000, sinceBlock: 50_000 };

  it('is the real one at first', () => {
    expect(nodeCountInUse(undefined, 700, 9)).toEqual({ count: 700, sinceBlock: 9 });
  });

  it('follows a real one 2 % or more away', () => {
    expect(nodeCountInUse(standing, 1019, 50_001)).toBe(standing);
    expect(nodeCountInUse(standing, 1020, 50_001)).toEqual({ count: 1020, sinceBlock: 50_001 });
    expect(nodeCountInUse(standing, 981, 50_001)).toBe(standing);
    expect(nodeCountInUse(standing, 980, 50_001)).toEqual({ count: 980, sinceBlock: 50_001 });
  });

  it('follows any real one after a day', () => {
    expect(nodeCountInUse(standing, 1001, 50_000 + 14_399)).toBe(standing);
    expect(nodeCountInUse(standing, 1001, 50_000 + 14_400)).toEqual({ count: 1001, sinceBlock: 64_400 });
  });
});

describe('the scope of a revision', () => {
  const before = basisWith({ members: 20, nodeCount: 8000 });
  const scopeOf = (change: Partial<DecisionBasis>): unknown => revisionScope(before, { ...before, ...change });
  const limits = (change: Partial<DecisionBasis['limits']>): Partial<DecisionBasis> => ({
    limits: { ...before.limits, ...change },
  });

  it.each<[string, Partial<DecisionBasis>, string | null]>([
    ['weights', { weights: { dbFilesWeight: 0, newFilesWeight: 1 } }, null],
    ['a deny list', { denyList: 'x' }, 'denied'],
    ['an allow list', { allowList: 'x' }, 'denied'],
    ['members', { members: 21 }, 'not-ours'],
    ['the own place', { ownIndex: 1 }, 'not-ours'],
    ['a size limit', limits({ maxFileSizeBytes: 5 }), 'too-small'],
    ['minReplicas', limits({ minReplicas: 5 }), 'few-replicas'],
    ['maxReplicas', limits({ maxReplicas: 5 }), 'many-replicas'],
    ['the group owner', { groupOwner: 'cTNew' }, 'group-has-it'],
  ])('%s', (_name, change, fromRule) => {
    expect(scopeOf(change)).toEqual({ fromRule, draws: [] });
  });

  it('a node count touches only the draws between the old and the new thresholds', () => {
    expect(scopeOf({ nodeCount: 10_000 })).toEqual({
      fromRule: null,
      draws: [
        [0.6, 0.75],
        [0.32, 0.4],
      ],
    });
  });

  it('a node count beside another change keeps its draws unless the walk covers them', () => {
    expect(scopeOf({ nodeCount: 10_000, ...limits({ minReplicas: 1 }) })).toMatchObject({ fromRule: 'few-replicas' });
    expect(revisionScope(before, { ...before, nodeCount: 10_000, ...limits({ minReplicas: 1 }) }).draws).toHaveLength(
      2,
    );
    expect(scopeOf({ nodeCount: 10_000, members: 3 })).toEqual({ fromRule: 'not-ours', draws: [] });
  });

  it('merged covers both', () => {
    expect(mergeScopes({ fromRule: 'dice', draws: [[0, 0.1]] }, { fromRule: 'not-ours', draws: [[0.2, 0.3]] })).toEqual(
      {
        fromRule: 'not-ours',
        draws: [
          [0, 0.1],
          [0.2, 0.3],
        ],
      },
    );
    expect(mergeScopes({ fromRule: null, draws: [] }, { fromRule: 'dice', draws: [] }).fromRule).toBe('dice');
  });

  it('contains every order whose decision the change alters', () => {
    const bases = fc.record({
      members: fc.integer({ min: 1, max: 4 }),
      ownIndex: fc.constantFrom(0, 1),
      nodeCount: fc.integer({ min: 500, max: 1500 }),
      groupOwner: fc.constantFrom('cTGroupOwner', 'cTOther'),
      limits: fc.record({
        minFileSizeBytes: fc.constantFrom(0, 10),
        maxFileSizeBytes: fc.constantFrom(0, 100),
        minReplicas: fc.constantFrom(0, 40),
        maxReplicas: fc.constantFrom(0, 60),
      }),
    });
    const orders = fc.record({
      name: fc.nat({ max: 50 }),
      sizeBytes: fc.constantFrom(5, 50, 500),
      replicas: fc.constantFrom(10, 50, 70),
      groupHold: fc.constantFrom<0 | 1>(0, 1),
      isNew: fc.boolean(),
    });
    fc.assert(
      fc.property(bases, bases, orders, (one, other, { name, isNew, ...columns }) => {
        const [old, changed] = [basisWith(one), basisWith(other)];
        const order = (isNew ? orderWith : dbOrderWith)({
          ...columns,
          key: { text: cidOf(name) },
          draw: null,
          expiryBlock: headBlock + 2_000_000,
        });
        const was = decide(order, factsWith(), old);
        const is = decide({ ...order, draw: was.draw }, factsWith(), changed);
        if (was.verdict === is.verdict) return;
        const scope = revisionScope(old, changed);
        const byVerdict =
          scope.fromRule !== null && ruleVerdicts.indexOf(was.verdict) >= ruleVerdicts.indexOf(scope.fromRule);
        const byDraw = scope.draws.some(([from, to]) => was.draw !== null && was.draw >= from && was.draw < to);
        expect(byVerdict || byDraw).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
