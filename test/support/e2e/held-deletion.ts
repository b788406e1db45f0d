import type { World } from '../../../devnet/world/world.ts';

/** Holds the next deletion back that a bot asks sWorker for, before sWorker heeds it. */
export class HeldDeletion {
  /** Resolves when it stands. */
  readonly reached: Promise<void>;
  #letGo: () => void = () => undefined;

  constructor({ sworker }: Pick<World, 'sworker'>) {
    const letGo = new Promise<void>((resolve) => (this.#letGo = resolve));
    const handle = sworker.handle.bind(sworker);
    this.reached = new Promise((resolve) => {
      sworker.handle = async (request) => {
        if (!request.path.endsWith('/storage/delete')) return await handle(request);
        sworker.handle = handle;
        resolve();
        await letGo;
        return await handle(request);
      };
    });
  }

  letGo(): void {
    this.#letGo();
  }
}
