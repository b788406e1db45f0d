import type { Weights } from './config.ts';
import type { ConfigInput } from './keys/schema.ts';
import type { ConfigIssue } from './issues.ts';

type StrategyInput = ConfigInput['scheduler']['strategy'];

const path = 'scheduler.strategy';
const even: Weights = { dbFilesWeight: 50, newFilesWeight: 50 };
const named: Readonly<Record<Extract<StrategyInput, string>, Weights>> = {
  default: even,
  srdFirst: { dbFilesWeight: 80, newFilesWeight: 10 },
  newFileFirst: { dbFilesWeight: 20, newFilesWeight: 80 },
};

/** The weights of a strategy: a name's own figures, or an object's brought to percent. */
export function readStrategy(strategy: StrategyInput): { weights: Weights; warnings: ConfigIssue[] } {
  if (typeof strategy === 'string') return { weights: named[strategy], warnings: [] };
  const { existedFilesWeight, newFilesWeight = 100 } = strategy;
  const dbFilesWeight = strategy.dbFilesWeight ?? existedFilesWeight ?? 0;
  const warnings: ConfigIssue[] = [];
  if (existedFilesWeight !== undefined) {
    const message =
      strategy.dbFilesWeight === undefined
        ? 'the old name of dbFilesWeight; it is understood'
        : 'the old name of dbFilesWeight, which stands there too and counts';
    warnings.push({ path: `${path}.existedFilesWeight`, message, errorInCheck: false });
  }
  const total = dbFilesWeight + newFilesWeight;
  if (total > 0) {
    const percent = (weight: number): number => (100 * weight) / total;
    return { weights: { dbFilesWeight: percent(dbFilesWeight), newFilesWeight: percent(newFilesWeight) }, warnings };
  }
  warnings.push({
    path,
    message: 'all weights are 0, so 50 and 50 are used; give one of them a weight',
    errorInCheck: true,
  });
  return { weights: even, warnings };
}
