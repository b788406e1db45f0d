import type { Outside } from '../../../src/app-parts.ts';
import { runBot } from '../../../src/app.ts';
import type { Config } from '../../../src/config/config.ts';
import { exitCodes, SmError } from '../../../src/domain/errors.ts';
import type { Exit } from '../invariant-view.ts';
import type { RecordingLogger } from '../quiet-logger.ts';
import { closeConnectionsOf, driverGate } from './driver-gate.ts';
import { Life } from './life.ts';
import type { SimClock } from './sim-clock.ts';

/** How a process ended: by itself with an exit code, or killed. */
export type Ending = Exit | 'killed';

/** One run of the bot in this process. */
export class SimBot {
  readonly life = new Life();
  readonly #stop = new AbortController();
  #ending: Ending | undefined;

  get ending(): Ending | undefined {
    return this.#ending;
  }

  get isUp(): boolean {
    return this.#ending === undefined && !this.life.isDead;
  }

  start(options: {
    readonly config: Config;
    readonly clock: SimClock;
    readonly logger: RecordingLogger;
    readonly outside: (life: Life) => Outside;
    readonly random: () => number;
    /** CIDs that the daemon is pulling for it. */
    readonly pulling: () => readonly string[];
  }): void {
    driverGate.life = this.life;
    const { clock } = options;
    const startedMs = clock.monotonicMs();
    const moment = (): Pick<Exit, 'livedMs' | 'pulling'> => ({
      livedMs: clock.monotonicMs() - startedMs,
      pulling: options.pulling(),
    });
    let gaveUp: Pick<Exit, 'livedMs' | 'pulling'> | undefined;
    const exit = (ending: Pick<Exit, 'exitCode' | 'error'>): void =>
      this.#end({ ...ending, isAsked: this.#stop.signal.aborted, ...(gaveUp ?? moment()) });
    void runBot({
      config: options.config,
      logger: options.logger,
      signal: this.#stop.signal,
      clock: clock.of(this.life),
      outside: options.outside(this.life),
      random: options.random,
      onFailure: () => (gaveUp = moment()),
    }).then(
      () => exit({ exitCode: exitCodes.stopped }),
      (error: unknown) => {
        const exitCode = error instanceof SmError ? exitCodes[error.destiny] : exitCodes.defect;
        exit({ exitCode, error });
      },
    );
  }

  /** As SIGTERM. */
  askToStop(): void {
    this.#stop.abort();
  }

  /** After its death: closes what the kernel would. */
  async bury(): Promise<void> {
    this.life.die();
    await closeConnectionsOf(this.life);
    this.#end('killed');
  }

  /** When nobody looks any more: Node keeps what listens to a signal until that is aborted, and with it the whole world of a dead process. */
  forget(): void {
    this.life.die();
    this.#stop.abort();
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
  }
}
