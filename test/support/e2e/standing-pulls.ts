import { SealHold } from '../../../devnet/demo/seal-hold.ts';
import type { MachinePlace } from './machine-place.ts';

const FILE_BYTES = 1024 ** 2;

/** Pulls that stand still in the middle for as long as is wanted. */
export class StandingPulls {
  readonly cids: readonly string[];
  readonly #place: MachinePlace;
  readonly #hold: SealHold;
  readonly #decide: MachinePlace['world']['sworkerServer']['faults']['decide'];

  private constructor(place: MachinePlace, cids: readonly string[]) {
    const { faults } = place.world.sworkerServer;
    this.cids = cids;
    this.#place = place;
    this.#decide = faults.decide;
    this.#hold = new SealHold(faults, cids);
  }

  static async order(place: MachinePlace, count: number): Promise<StandingPulls> {
    const files = await Promise.all(Array.from({ length: count }, () => place.order(FILE_BYTES)));
    return new StandingPulls(
      place,
      files.map(({ cid }) => cid),
    );
  }

  /** Resolves when all of them stand. */
  async stand(): Promise<void> {
    await this.#place.within('all pulls stand in the middle', this.#hold.reached);
  }

  letGo(): void {
    this.#hold.letGo();
    this.#place.world.sworkerServer.faults.decide = this.#decide;
  }
}
