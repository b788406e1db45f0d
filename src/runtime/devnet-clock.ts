import { type DevnetTime, devnetTimeVariables } from '../domain/devnet.ts';
import { SmError } from '../domain/errors.ts';
import { type Clock, SystemClock } from './clock.ts';

interface DevnetClockParts {
  /** Another factor for waits and measured times. */
  readonly waitFactor?: number;
  readonly system?: Clock;
  /** The system's Unix ms at which only `offsetMs` lies between the two; the start of the process without it. */
  readonly originMs?: number;
}

/** Time of a devnet: everything that waits by it or measures with it sees a day pass while the machine sees minutes. */
export class DevnetClock implements Clock {
  readonly #time: DevnetTime;
  readonly #waitFactor: number;
  readonly #system: Clock;
  readonly #originMs: number;

  constructor(
    time: DevnetTime,
    {
      waitFactor = time.factor,
      system = new SystemClock(),
      originMs = system.nowMs() - system.monotonicMs(),
    }: DevnetClockParts = {},
  ) {
    this.#time = time;
    this.#waitFactor = waitFactor;
    this.#system = system;
    this.#originMs = originMs;
  }

  nowMs(): number {
    const { factor, offsetMs } = this.#time;
    return Math.round(this.#originMs + offsetMs + factor * (this.#system.nowMs() - this.#originMs));
  }

  monotonicMs(): number {
    return this.#waitFactor * this.#system.monotonicMs();
  }

  async sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    // Timers cut fractions off; who wakes up too early would have to wait again.
    await this.#system.sleep(Math.ceil(durationMs / this.#waitFactor), signal);
  }
}

/**
 * The time that the environment asks for; undefined when it asks for none. Whether the bot may have it only its chain can tell.
 * @throws SmError CONFIG_INVALID
 */
export function readDevnetTime(env: Readonly<Record<string, string | undefined>>): DevnetTime | undefined {
  const factor = given(env, devnetTimeVariables.factor, /^\d+(?:\.\d+)?$/u, 'a number above 0');
  const offsetMs = given(env, devnetTimeVariables.offsetMs, /^[+-]?\d+$/u, 'a whole number of milliseconds');
  if (factor === undefined && offsetMs === undefined) return undefined;
  if (factor === 0) throw refused(devnetTimeVariables.factor, '0', 'a number above 0');
  return { factor: factor ?? 1, offsetMs: offsetMs ?? 0 };
}

function given(
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
  form: RegExp,
  allowed: string,
): number | undefined {
  const text = env[variable]?.trim();
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!form.test(text) || Math.abs(value) > Number.MAX_SAFE_INTEGER) throw refused(variable, text, allowed);
  return value;
}

function refused(variable: string, found: string, allowed: string): SmError {
  return new SmError('CONFIG_INVALID', `${variable}: found ${JSON.stringify(found)}; allowed: ${allowed}`, {
    variable,
  });
}
