import { MINUTE_MS, SECOND_MS } from '../domain/units.ts';
import type { Clock } from '../runtime/clock.ts';
import type { EventsHeld, Gaps } from '../store/gaps.ts';

/** Events follow within seconds; a look that they have not reached by then says nothing of the present any more. */
const freshMs = MINUTE_MS;

/** A moment by both clocks: a machine that sleeps stops the one, a person who sets the time moves the other. */
export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export function momentOf(clock: Clock): Moment {
  return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
}

/** Whether what was looked at since that moment may still be acted on. */
export function isFresh(since: Moment, clock: Clock): boolean {
  return Math.abs(clock.nowMs() - since.wallMs) <= freshMs && clock.monotonicMs() - since.monotonicMs <= freshMs;
}

/** What a look at the chain has to be held against: events of the blocks after one up to another. */
interface Sought {
  readonly afterBlock: number;
  readonly throughBlock: number;
  /** When the look began. */
  readonly since: Moment;
}

/** Waits for the tables to hold these events while the look is fresh, unless some of them are in an open gap. */
export async function untilEventsRead(
  parts: { readonly gaps: Pick<Gaps, 'eventsBetween'>; readonly clock: Clock },
  { afterBlock, throughBlock, since }: Sought,
  signal: AbortSignal,
): Promise<EventsHeld> {
  for (;;) {
    const events = await parts.gaps.eventsBetween(afterBlock, throughBlock);
    if (!isFresh(since, parts.clock)) return 'behind';
    if (events !== 'behind') return events;
    await parts.clock.sleep(SECOND_MS, signal);
  }
}
