import type { Order } from '../domain/order.ts';
import type { DecisionBasis } from '../domain/strategy.ts';
import type { Verdict } from '../domain/verdicts.ts';
import { formatBytes } from '../lib/format.ts';
import type { ExplainedValue, Explanation } from './explain.ts';
import { parseSealableCid } from './rules/cid.ts';
import { diceThreshold } from './rules/dice.ts';
import { replicaCeiling } from './rules/replicas.ts';
import { shareIndex } from './rules/share.ts';

interface VerdictText {
  readonly because: string;
  readonly wouldChange: string;
  /** What the rule looked at beyond the stored inputs. */
  readonly values?: (order: Order, basis: DecisionBasis) => readonly ExplainedValue[];
}

const texts: Readonly<Record<Verdict, VerdictText>> = {
  denied: {
    because: 'An entry of scheduler.deny matches, or scheduler.allow has entries and none of them matches.',
    wouldChange: 'Another list or configuration.',
  },
  'bad-cid': {
    because: 'The text that was ordered is not a CID that sWorker could seal and report under the same text.',
    wouldChange: 'Nothing: the text cannot change.',
  },
  'bad-size': {
    because:
      'The order has no usable size: ordered as nothing and held by nobody, or larger in truth than it was ordered.',
    wouldChange: 'A new order for the file.',
  },
  'not-ours': {
    because: 'The file falls to another member of the group.',
    wouldChange: 'Another number of members, or another place among them.',
    values: (order, basis) => [
      { name: 'falls to member', value: memberOf(order, basis) },
      { name: 'this node is member', value: basis.ownIndex },
      { name: 'members', value: basis.members },
    ],
  },
  dice: {
    because: 'Enough other nodes are meant to take the file: this node drew too high a number for it.',
    wouldChange: 'Another number of members or of active nodes.',
    values: (order, basis) => [
      { name: 'draw', value: order.draw },
      { name: 'must be below', value: diceThreshold(order.orderClass, basis) },
      { name: 'members', value: basis.members },
      { name: 'active nodes in use', value: basis.nodeCount },
    ],
  },
  'too-small': {
    because: 'The file is smaller than scheduler.minFileSize.',
    wouldChange: 'Another configuration.',
    values: (order, { limits }) => sizeValues(order, 'at least', limits.minFileSizeBytes),
  },
  'too-large': {
    because: 'The file is larger than scheduler.maxFileSize.',
    wouldChange: 'Another configuration.',
    values: (order, { limits }) => sizeValues(order, 'at most', limits.maxFileSizeBytes),
  },
  'few-replicas': {
    because: 'The order was found by the walk and few nodes hold the file.',
    wouldChange: 'More replicas, or another scheduler.minReplicas.',
    values: (_order, { limits }) => [{ name: 'at least', value: limits.minReplicas }],
  },
  'many-replicas': {
    because: 'Enough nodes hold the file.',
    wouldChange: 'Fewer replicas, or another scheduler.maxReplicas.',
    values: (_order, { limits }) => [{ name: 'fewer than', value: replicaCeiling(limits) }],
  },
  'group-has-it': {
    because: 'The own group holds the file already: a second copy earns nothing.',
    wouldChange: "The group's replica leaves the chain.",
    values: (_order, basis) => [{ name: 'group owner', value: basis.groupOwner }],
  },
  'removed-by-hand': {
    because: 'The file was gone from sWorker twice without our doing: somebody does not want it here.',
    wouldChange: 'A new order for the file.',
  },
  abandoned: {
    because: 'Nobody has the file although it was ordered more than 10 days ago: its bytes are probably nowhere.',
    wouldChange: 'A new order for the file, or somebody who holds it.',
  },
  expired: { because: 'The paid time of the order has passed.', wouldChange: 'A renewal or a new order for the file.' },
  expiring: {
    because: 'Less than 120 days of paid time are left, and the order is not a new one.',
    wouldChange: 'A renewal or a new order for the file.',
  },
  take: {
    because: 'Every rule passed: the file is to be pulled.',
    wouldChange: 'It is pulled when its turn comes: highest reward first, then oldest, as slots and space allow.',
    values: (order) => [
      { name: 'source', value: order.orderClass },
      { name: 'attempts so far', value: order.attempts },
    ],
  },
  'no-space': {
    because: 'There was no room for the file when its turn came.',
    wouldChange: 'More free space; it is looked at again by itself.',
  },
  coordinator: {
    because: 'The seal coordinator did not grant the file.',
    wouldChange: 'Another answer of the coordinator; after skipFile only a new order for the file.',
  },
};

/** The words and values for a verdict that stands. */
export function explainVerdict(
  order: Order,
  verdict: Verdict,
  basis: DecisionBasis | undefined,
): Pick<Explanation, 'because' | 'values' | 'wouldChange'> {
  const { because, wouldChange, values } = texts[verdict];
  const stored = Object.entries(order.verdictInputs ?? {}).map(([name, value]) => ({ name, value }));
  const limits = basis === undefined || values === undefined ? [] : values(order, basis);
  return { because, wouldChange, values: [...stored, ...limits] };
}

function memberOf(order: Order, basis: DecisionBasis): number | null {
  const bytes = parseSealableCid(order.key.text);
  return bytes === undefined ? null : shareIndex(bytes, basis.members);
}

function sizeValues(order: Order, limitName: string, limitBytes: number): ExplainedValue[] {
  return [
    { name: 'size', value: formatBytes(order.sizeBytes) },
    { name: limitName, value: formatBytes(limitBytes) },
  ];
}
