import { formatPico } from '../domain/amount.ts';
import type { Explanation } from '../decide/explain.ts';
import { BLOCK_MS } from '../domain/units.ts';
import { formatBytes, formatCount, formatDuration } from '../lib/format.ts';
import { printable } from '../lib/printable.ts';
import type { OrderStory } from '../store/order-story.ts';

const holds = ['not among them', 'held by another member of our group', 'held by this account'];

function time(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19);
}

function nextLook(explanation: Explanation): string {
  if (explanation.nextLook === null) return 'none by time: only a change brings one';
  const { block, inBlocks } = explanation.nextLook;
  const when =
    inBlocks === null ? '' : inBlocks === 0 ? ', which is now' : `, in about ${formatDuration(inBlocks * BLOCK_MS)}`;
  return `block ${formatCount(block)}${when}`;
}

function pullLine(pull: OrderStory['pulls'][number]): string {
  const found = pull.cause === 'found' ? 'found in sWorker, ' : '';
  // A small file is sealed before anybody asked how far it is.
  const sealed = pull.sealedBytes === 0 ? '' : `, ${formatBytes(pull.sealedBytes)} sealed`;
  const reason = pull.endReason === null || pull.endReason === pull.status ? '' : `: ${printable(pull.endReason)}`;
  const detail = pull.endDetail === null ? '' : ` (${printable(pull.endDetail, 200)})`;
  return `pull      ${time(pull.startedMs)} ${found}${pull.status}${sealed}${reason}${detail}`;
}

/** An order's story as a person reads it. */
export function explainText(story: OrderStory, explanation: Explanation): string {
  const { order } = story;
  const expiry = order.expiryBlock === 0 ? 'nobody holds it yet' : `paid until block ${formatCount(order.expiryBlock)}`;
  return [
    `order     ${printable(order.key.text)}`,
    `          ${formatBytes(order.sizeBytes)} (${formatCount(order.sizeBytes)} bytes), reward ${formatPico(order.rewardPico)}, ${expiry}`,
    `          ${order.replicas} replicas, our group: ${holds[order.groupHold] ?? 'unknown'}; read at block ${formatCount(order.readBlock)}`,
    `          paid by ${story.owners.length === 0 ? 'unknown' : story.owners.map((owner) => printable(owner)).join(', ')}`,
    `source    ${order.orderClass}${order.successBlock === null ? '' : `, ordered at block ${formatCount(order.successBlock)}`}`,
    `status    ${explanation.status}${order.attempts === 0 ? '' : `, ${order.attempts} failed attempts`}`,
    `verdict   ${explanation.verdict ?? 'none yet'}${order.decidedBlock === null ? '' : `, decided at block ${formatCount(order.decidedBlock)}`}`,
    `because   ${printable(explanation.because)}`,
    ...explanation.values.map(({ name, value }) => `          ${name}: ${printable(String(value))}`),
    `changes   ${printable(explanation.wouldChange)}`,
    `next look ${nextLook(explanation)}`,
    ...(explanation.heldBack === null ? [] : [`held back ${printable(explanation.heldBack)}`]),
    ...story.pulls.map(pullLine),
    ...(story.cleanup === undefined
      ? []
      : [
          `cleanup   ${story.cleanup.status}, close seen at block ${formatCount(story.cleanup.seenBlock)}${story.cleanup.dueBlock === null ? '' : `, due at block ${formatCount(story.cleanup.dueBlock)}`}`,
        ]),
  ].join('\n');
}
