import type { Tx } from '../database.ts';

/** What a status of `new` forgets: it will be decided as if for the first time. `draw` stays, it never changes. */
const decisionColumns = ['verdict', 'verdict_inputs', 'basis_id', 'decided_block', 'look_block', 'turn_block'];

/** SET clauses that forget the decision of rows for which `condition` holds. */
export function forgetDecision(condition: string): string {
  return [
    ...decisionColumns.map((column) => `${column} = CASE WHEN ${condition} THEN NULL ELSE ${column} END`),
    `look_count = CASE WHEN ${condition} THEN 0 ELSE look_count END`,
  ].join(',\n    ');
}

/** An order is `new` for 30 days after its newest FileSuccess. */
export const newClassBlocks = 432_000;

/** How many rows the last statement inserted or changed; triggers do not count. */
export async function changedRows(tx: Tx): Promise<number> {
  const rows: { n: number }[] = await tx.raw('SELECT changes() AS n');
  return rows[0]?.n ?? 0;
}
