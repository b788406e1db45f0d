import { targets } from './targets.ts';
import type { Checked } from './harness/target.ts';

/** What a worker is told to check. */
export interface Order {
  readonly name: string;
  readonly seed: number;
  readonly limitMs: number;
  /** Only this one input. */
  readonly path: string | undefined;
}

export type Message =
  | { readonly kind: 'run'; readonly seed: number; readonly run: number }
  | { readonly kind: 'checked'; readonly checked: Checked };

// The process in which inputs are read: one that hangs or dies is noticed by the other.
process.on('message', (order: Order) => {
  void check(order).then((checked) => tell({ kind: 'checked', checked }));
});
process.on('disconnect', () => process.exit());

async function check({ name, seed, limitMs, path }: Order): Promise<Checked> {
  const found = targets.find((target) => target.name === name);
  if (found === undefined) throw new Error(`no target ${name}`);
  try {
    const onRun = (current: number, run: number): void => tell({ kind: 'run', seed: current, run });
    return await found.check({ seed, until: { limitMs }, path, onRun });
  } finally {
    await found.close();
  }
}

function tell(message: Message): void {
  process.send?.(message);
}
