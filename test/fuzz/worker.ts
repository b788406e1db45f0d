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
  | { readonly kind: 'run'; readonly run: number }
  | { readonly kind: 'checked'; readonly checked: Checked };

// The process in which inputs are read: one that hangs or dies is noticed by the other.
process.on('message', ({ name, seed, limitMs, path }: Order) => {
  void check({ name, seed, limitMs, path }).then((checked) => {
    tell({ kind: 'checked', checked });
  });
});
process.on('disconnect', () => process.exit());

async function check({ name, seed, limitMs, path }: Order): Promise<Checked> {
  const found = targets.find((target) => target.name === name);
  if (found === undefined) throw new Error(`no target ${name}`);
  try {
    const options = { seed, limitMs, numRuns: path === undefined ? Number.MAX_SAFE_INTEGER : 1, ...(path === undefined ? {} : { path }) };
    return await found.check({ ...options, onRun: (run) => tell({ kind: 'run', run }) });
  } finally {
    await found.close();
  }
}

function tell(message: Message): void {
  process.send?.(message);
}
