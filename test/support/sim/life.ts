/**
 * One process of the bot. A death is a SIGKILL: from that step on none of its statements runs, none of its questions is answered and none of
 * its awaits settles.
 */
export class Life {
  readonly #deaths: (() => void)[] = [];
  #steps = 0;
  #isDead = false;
  /** Dies instead of taking this step; a step is a statement, an answer or the end of a sleep. */
  diesAtStep = Infinity;

  get isDead(): boolean {
    return this.#isDead;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Takes a step; false when it is dead, or dies of it. */
  step(): boolean {
    if (this.#isDead) return false;
    this.#steps += 1;
    if (this.#steps < this.diesAtStep) return true;
    this.die();
    return false;
  }

  /** Called once, when it dies: what the kernel does for a process that is gone. */
  onDeath(release: () => void): void {
    this.#deaths.push(release);
  }

  die(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    // Taken out: what still holds a dead life, such as a timer of its pool, must not hold its world.
    for (const release of this.#deaths.splice(0)) release();
  }
}
