export interface PinStart {
  /** Rises with every pull that starts. */
  readonly sequence: number;
  readonly hasFirstBlock: boolean;
}

const ENOUGH_TO_TELL = 3;

/**
 * Whether the daemon holds pins back (its own garbage collection waits for a running pin and lets no new one begin): three or more pulls wait
 * for their first block, none that started after the oldest of them has had one, and an older pull runs.
 * `newestMoved` is the highest sequence of any pull, ended ones too, that has had a first block; -1 for none.
 */
export function pinsAreHeld(running: readonly PinStart[], newestMoved: number): boolean {
  const waiting = running.filter((pull) => !pull.hasFirstBlock).map((pull) => pull.sequence);
  if (waiting.length < ENOUGH_TO_TELL) return false;
  const oldest = Math.min(...waiting);
  return newestMoved < oldest && running.some((pull) => pull.sequence < oldest);
}
