import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { nextReply } from '../chain/child-reply.ts';
import { startChild, botNodeOptions } from '../harness/child.ts';
import type { BotInput, WalkReply, WalkRequest } from './measured.ts';

/** The bot in a process of its own, which walks when it is told to. */
export class WalkingBot {
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal;

  constructor(input: BotInput, signal: AbortSignal) {
    this.#child = startChild(new URL('./bot-child.js', import.meta.url), input, botNodeOptions);
    this.#signal = signal;
  }

  async walk(request: WalkRequest): Promise<WalkReply> {
    const reply = nextReply<WalkReply>(this.#child, this.#signal);
    this.#child.send(request);
    return await reply;
  }

  /** Lets it close its database and end. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
