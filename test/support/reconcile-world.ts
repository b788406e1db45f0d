import { Reconciler, type ReconcileOutcome } from '../../src/care/reconcile/reconciler.ts';
import type { ReconcileParts } from '../../src/care/reconcile/ports.ts';
import type { PinAgainResult } from '../../src/clients/ipfs/ipfs.ts';
import { SworkerClient } from '../../src/clients/sworker/sworker-client.ts';
import { EndPoint } from '../../src/config/end-point.ts';
import type { ReconcileReport } from '../../src/domain/reconcile.ts';
import { Gaps } from '../../src/store/gaps.ts';
import { ReconcileRows } from '../../src/store/reconcile-rows.ts';
import { type HeldWorld, heldWorld } from './held-world.ts';
import { ManualClock } from './manual-clock.ts';

/** A reconciler on a real database, between a chain in memory, sWorker's model and a set of pins. */
export class ReconcileWorld {
  readonly held: HeldWorld;
  /** Called with each question to the chain and the daemon; throws in their place. */
  before: (question: 'head' | 'pins' | 'next pin') => unknown = () => undefined;

  /** What the daemon does when it is to pin a sealed file again. */
  daemonPins: (cid: string) => Promise<PinAgainResult> = async () => ({ kind: 'pinned' });

  constructor(held: HeldWorld) {
    this.held = held;
  }

  parts(): ReconcileParts {
    const { clock, transport, database, daemon, chain } = this.held;
    const endPoint = EndPoint.parse('http://sworker', ['http:']);
    if (endPoint === undefined) throw new Error('no end point');
    const ask = async (question: 'head' | 'pins' | 'next pin'): Promise<unknown> => await this.before(question);
    return {
      clock,
      headBlock: async () => {
        await ask('head');
        return chain.head;
      },
      sworker: new SworkerClient({ endPoint, transport, clock: new ManualClock() }),
      ipfs: {
        async *pinnedRoots() {
          await ask('pins');
          for (const cid of daemon.pins) {
            await ask('next pin');
            yield cid;
          }
        },
        isPinned: async (cid) => daemon.pins.has(cid),
        pinAgain: async (cid) => {
          const result = await this.daemonPins(cid);
          if (result.kind === 'pinned') daemon.pins.add(cid);
          return result;
        },
      },
      store: { ...this.held.sealStore(), gaps: new Gaps(database), rows: new ReconcileRows(database) },
    };
  }

  async run(apply = false, parts = this.parts()): Promise<ReconcileOutcome> {
    return await new Reconciler(parts).run({ apply }, new AbortController().signal);
  }

  async report(apply = false, parts = this.parts()): Promise<ReconcileReport> {
    const outcome = await this.run(apply, parts);
    if (outcome.kind !== 'report') throw new Error(`unready: ${outcome.reason}`);
    return outcome.report;
  }

  /** The classes that are not empty, with how many files. */
  async found(apply = false): Promise<Readonly<Record<string, number>>> {
    const { classes } = await this.report(apply);
    const counts = Object.entries(classes).map(([name, { files }]) => [name, files] as const);
    return Object.fromEntries(counts.filter(([, files]) => files > 0));
  }
}

/** One whose tables know all orders and files. */
export async function reconcileWorld(): Promise<ReconcileWorld> {
  const held = await heldWorld();
  const { database, facts, chain } = held;
  await held.row('walk', {
    status: 'complete',
    reason: 'first',
    reads_all: 1,
    anchor_block: 1,
    oldest_page_block: 1,
    newest_page_block: 1,
    cursor: '',
    started_ms: 0,
  });
  await database.write('event', async (tx) => {
    await facts.set(tx, 'event-cursor', { block: chain.head });
    await facts.set(tx, 'held-scan', { atMs: 0, atBlock: chain.head });
  });
  return new ReconcileWorld(held);
}
