import type { Order } from '../../domain/order.ts';
import type { PullPermit } from '../../store/pulls.ts';
import type { SealProof } from '../run/seal-proof.ts';
import type { UpgradeHold } from '../run/upgrade-hold.ts';
import { allOf } from './all-of.ts';
import type { Round } from './chooser.ts';
import type { Claiming } from './claiming.ts';
import type { OrderLook } from './order-look.ts';
import type { ReadAhead } from './read-ahead.ts';
import type { ReadyOrder } from './stock.ts';

interface StarterParts {
  readonly look: OrderLook;
  readonly ahead: ReadAhead;
  readonly claiming: Claiming;
  readonly sealProof: SealProof;
  readonly upgradeHold: UpgradeHold;
  readonly launch: (permit: PullPermit) => void;
}

/** Starts the pulls of chosen orders: asks about each, claims it, launches it. */
export class Starter {
  readonly #parts: StarterParts;

  constructor(parts: StarterParts) {
    this.#parts = parts;
  }

  /** Those that were asked about ahead start at once, the others when they have been asked about. */
  async startAll(chosen: readonly Order[], round: Round, signal: AbortSignal): Promise<void> {
    const { look, ahead } = this.#parts;
    const known = await ahead.take(chosen);
    const starting = chosen.map(async (order) => await this.#startOne(order, known.get(order.id), round, signal));
    const unknown = chosen.filter(({ id }) => !known.has(id));
    const asking =
      unknown.length === 0 ? undefined : this.#startAfter(look.look(unknown, round, signal), unknown, round, signal);
    await allOf([...starting, ...(asking === undefined ? [] : [asking])]);
  }

  async #startAfter(
    looking: ReturnType<OrderLook['look']>,
    chosen: readonly Order[],
    round: Round,
    signal: AbortSignal,
  ): Promise<void> {
    const { ready, error } = await looking;
    const byId = new Map(ready.map((one) => [one.row.id, one]));
    const starting = chosen.map(async (order) => await this.#startOne(order, byId.get(order.id), round, signal));
    await allOf(error === undefined ? starting : [...starting, Promise.reject(error)]);
  }

  async #startOne(order: Order, ready: ReadyOrder | undefined, round: Round, signal: AbortSignal): Promise<void> {
    if (ready === undefined) return;
    const { claiming, sealProof, upgradeHold, launch } = this.#parts;
    const permit = await claiming.claim(order, ready, { round, isAhead: false, signal });
    if (permit === undefined) return;
    round.started += 1;
    launch(permit);
    if (round.opening.probe === 'seal') await sealProof.noteProbe();
    if (round.opening.probe === 'upgrade') upgradeHold.noteProbe();
  }
}
