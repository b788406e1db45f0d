import { type DevnetTime, devnetTimeVariables } from '../../src/domain/devnet.ts';
import { type Clock, SystemClock } from '../../src/runtime/clock.ts';
import { DevnetClock } from '../../src/runtime/devnet-clock.ts';

/** The time that a world's blocks, its sWorker and the bots in it go by; the real one unless told otherwise. */
export class WorldClock implements Pick<Clock, 'nowMs'> {
  readonly factor: number;
  readonly #system: Clock;
  readonly #clock: Clock;

  constructor({ factor = 1, offsetMs = 0 }: Partial<DevnetTime> = {}, system: Clock = new SystemClock()) {
    this.factor = factor;
    this.#system = system;
    this.#clock = new DevnetClock({ factor, offsetMs }, { system, originMs: system.nowMs() });
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  /** Environment that gives this time to a bot that starts at this moment; one that starts later needs another. */
  botEnvironment(): Readonly<Record<string, string>> {
    return {
      [devnetTimeVariables.factor]: String(this.factor),
      [devnetTimeVariables.offsetMs]: String(this.nowMs() - this.#system.nowMs()),
    };
  }
}
