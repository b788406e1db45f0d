import { z } from 'zod';
import { KIB, MINUTE_MS, SECOND_MS } from '../../domain/units.ts';
import type { Call, HttpService } from '../http/service.ts';
import { command } from './command.ts';
import { DaemonError, refusedAnswer } from './daemon-stream.ts';

const kindOfPin = z.object({ Type: z.string() });
/** A daemon that streams answers with the pin itself. */
const listAnswer = z.union([
  z.object({ Keys: z.record(z.string(), kindOfPin) }).transform(({ Keys }) => Object.values(Keys)),
  kindOfPin.extend({ Cid: z.string() }).transform((pin) => [pin]),
]);
const removeAnswer = z.object({ Pins: z.array(z.string()).min(1) });

const maxBytes = 64 * KIB;
const lookLimits = { limitMs: 30 * SECOND_MS, maxBytes };
// The pin lock is held against it while a garbage collection waits.
const removeLimits = { limitMs: 4 * MINUTE_MS, maxBytes };

// `path '…' is not pinned` from pin/ls; `not pinned or pinned indirectly` from pin/rm.
const notPinned = /\bnot pinned\b/iu;

/** The daemon's commands about one pin. */
export class SinglePins {
  readonly #service: HttpService;

  constructor(service: HttpService) {
    this.#service = service;
  }

  async isPinned(cid: string, signal: AbortSignal): Promise<boolean> {
    const call = command(`pin/ls?arg=${encodeURIComponent(cid)}&type=recursive`);
    const text = await this.#ask(call, lookLimits, signal);
    if (text === undefined) return false;
    const pins = this.#service.parsed(listAnswer, call, text);
    if (pins.some(({ Type }) => Type === 'recursive')) return true;
    throw this.#service.badAnswer(call, 'neither a pin nor the word that there is none', { field: 'Keys' });
  }

  async pinRemove(cid: string, signal: AbortSignal): Promise<'removed' | 'not-pinned'> {
    const call = command(`pin/rm?arg=${encodeURIComponent(cid)}&recursive=true`);
    const text = await this.#ask(call, removeLimits, signal);
    if (text === undefined) return 'not-pinned';
    this.#service.parsed(removeAnswer, call, text);
    return 'removed';
  }

  /** Undefined when the daemon says that there is no such pin. */
  async #ask(call: Call, limits: typeof lookLimits, signal: AbortSignal): Promise<string | undefined> {
    const { status, text } = await this.#service.text(call, { ...limits, signal });
    if (status === 200) return text;
    const error = refusedAnswer(this.#service, call, status, text);
    if (!(error instanceof DaemonError)) throw error;
    if (notPinned.test(error.text)) return undefined;
    throw this.#service.error('IPFS_REFUSED', call, `refused: ${error.message}`, { httpStatus: status }, error);
  }
}
