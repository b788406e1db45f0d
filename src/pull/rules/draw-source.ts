import type { OrderClass } from '../../domain/statuses.ts';
import type { SourceWeights } from '../../domain/strategy.ts';

/** Uniform in [0, 1). */
export type Random = () => number;

/** The sources that may be pulled from at all. */
export function openSources(weights: SourceWeights): readonly OrderClass[] {
  const sources: OrderClass[] = [];
  if (weights.newFilesWeight > 0) sources.push('new');
  if (weights.dbFilesWeight > 0) sources.push('db');
  return sources;
}

/** The sources in the order in which they are asked for one pull: the drawn one, then the other, which takes the draw of an empty one. */
export function drawSources(weights: SourceWeights, random: Random): readonly OrderClass[] {
  const open = openSources(weights);
  if (open.length < 2) return open;
  const share = weights.newFilesWeight / (weights.newFilesWeight + weights.dbFilesWeight);
  return random() < share ? ['new', 'db'] : ['db', 'new'];
}
