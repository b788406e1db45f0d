import { isOutage } from '../../domain/errors.ts';
import { SECOND_MS } from '../../domain/units.ts';
import type { LoopParts } from '../../runtime/loop.ts';
import type { PullRecords } from '../../store/pull-records.ts';
import type { DaemonWatch } from './daemon-watch.ts';
import type { RunningPulls } from './running-pulls.ts';
import type { SworkerDesk } from './sworker-desk.ts';

export const POLL_MS = 30 * SECOND_MS;

interface PollParts extends LoopParts {
  readonly running: RunningPulls;
  readonly desk: SworkerDesk;
  readonly records: PullRecords;
  readonly daemon: DaemonWatch;
}

/** Looks at all running pulls together: progress by one question to sWorker, a sign of life of the daemon, closings by one query, one write. */
export class ProgressPoll {
  readonly #parts: PollParts;
  #lastMs: number;

  constructor(parts: PollParts) {
    this.#parts = parts;
    this.#lastMs = parts.clock.monotonicMs();
  }

  /** @throws SmError of sWorker's and the daemon's outages, after everything that can be judged without them was judged */
  async round(signal: AbortSignal): Promise<void> {
    const { running, clock, records, daemon } = this.#parts;
    const nowMs = clock.monotonicMs();
    const sinceLastMs = Math.min(nowMs - this.#lastMs, 2 * POLL_MS);
    this.#lastMs = nowMs;
    if (running.size === 0) return;
    await this.#letGo();
    const asked = await this.#askEntries(signal);
    const daemonOutage = await daemon.look(signal);
    const isHeld = running.areHeld;
    for (const pull of running.atDaemon()) {
      if (asked.entries !== undefined) pull.noteEntry(asked.entries.get(pull.permit.claim.cid));
      const verdict = pull.judge({
        spanMs: Math.min(sinceLastMs, nowMs - pull.startedMonotonicMs),
        sealedKnown: asked.entries !== undefined,
        held: isHeld,
      });
      if (verdict !== undefined)
        pull.abort(verdict === 'oversize' || daemonOutage === undefined ? verdict : 'daemon-away');
    }
    await records.progress(
      running.list().map((pull) => ({
        recordId: pull.permit.recordId,
        blocks: pull.blocks,
        sealedBytes: pull.sealedBytes,
      })),
      clock.nowMs(),
    );
    const outage = asked.outage ?? daemonOutage;
    if (outage !== undefined) throw outage;
  }

  /** Ends the pulls whose order was closed meanwhile. */
  async #letGo(): Promise<void> {
    const { running, records } = this.#parts;
    const pulls = running.list();
    const closing = new Set(
      await records.listClosing(
        pulls.map((pull) => ({ recordId: pull.permit.recordId, orderId: pull.permit.claim.orderId })),
      ),
    );
    for (const pull of pulls) if (closing.has(pull.permit.recordId)) pull.abort('closed');
  }

  async #askEntries(
    signal: AbortSignal,
  ): Promise<{ readonly entries?: ReadonlyMap<string, number>; readonly outage?: Error }> {
    try {
      return { entries: await this.#parts.desk.pendingBytes(signal) };
    } catch (error) {
      if (isOutage(error)) return { outage: error };
      throw error;
    }
  }
}
