import { z } from 'zod';
import { HOUR_MS, KIB } from '../../domain/units.ts';
import { printable } from '../../lib/printable.ts';
import type { HttpService } from '../http/service.ts';
import { command } from './command.ts';
import { DaemonError, refusedAnswer } from './daemon-stream.ts';
import type { PinAgainResult } from './ipfs.ts';

// go-ipfs leaves a `Local` that is false out.
const statAnswer = z.object({ Hash: z.string(), Local: z.boolean().default(false) });
const pinsAnswer = z.object({ Pins: z.array(z.string()) });

/** The empty UnixFS directory: most daemons have it pinned since their repository was made, and none seals it. */
const emptyDirectory = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn';

// All blocks of the file are read from sWorker, and a garbage collection may be waited for.
const limits = { limitMs: HOUR_MS, maxBytes: 64 * KIB };

/**
 * Records the pin of a file that is sealed already: `pin/add` begins with a seal, which sWorker refuses (8012). `pin/update` records the pin of its
 * second argument without asking sWorker, and takes nothing away with `unpin=false`:
 * https://github.com/crustio/go-ipfs-pinner/blob/crust/dspinner/pin.go (`Pin`, `Update`).
 */
export class PinAgain {
  readonly #service: HttpService;

  constructor(service: HttpService) {
    this.#service = service;
  }

  async pin(cid: string, signal: AbortSignal): Promise<PinAgainResult> {
    try {
      // A pin above missing blocks would end every later garbage collection with an error.
      if (!(await this.#hasAllBlocks(cid, signal))) return { kind: 'incomplete' };
      await this.#update(cid, signal);
      return { kind: 'pinned' };
    } catch (error) {
      if (!(error instanceof DaemonError)) throw error;
      if (/already (?:recursively )?pinned/iu.test(error.text)) return { kind: 'pinned' };
      return { kind: 'refused', message: printable(error.text, 300) };
    }
  }

  async #hasAllBlocks(cid: string, signal: AbortSignal): Promise<boolean> {
    const path = encodeURIComponent(`/ipfs/${cid}`);
    try {
      return (await this.#ask(`files/stat?arg=${path}&with-local=true&offline=true`, statAnswer, signal)).Local;
    } catch (error) {
      // The root itself is not here.
      if (error instanceof DaemonError && /not found|could not find/iu.test(error.text)) return false;
      throw error;
    }
  }

  async #update(cid: string, signal: AbortSignal): Promise<void> {
    const update = `pin/update?arg=${emptyDirectory}&arg=${encodeURIComponent(cid)}&unpin=false`;
    try {
      await this.#ask(update, pinsAnswer, signal);
    } catch (error) {
      if (!(error instanceof DaemonError) || !error.text.includes('not recursively pinned already')) throw error;
      await this.#ask(`pin/add?arg=${emptyDirectory}`, pinsAnswer, signal);
      await this.#ask(update, pinsAnswer, signal);
    }
  }

  async #ask<T>(name: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    const call = command(name);
    const { status, text } = await this.#service.text(call, { ...limits, signal });
    if (status === 200) return this.#service.parsed(schema, call, text);
    throw refusedAnswer(this.#service, call, status, text);
  }
}
