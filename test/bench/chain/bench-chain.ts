import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { startChild } from '../harness/child.ts';
import { nextReply } from './child-reply.ts';
import { BenchWorld, type BenchChainOptions } from './bench-world.ts';
import type { CounterReport } from './counters.ts';

/** To the server's process; every one is answered. */
export interface ChainRequest {
  readonly latencyMs?: number;
  /** 0 for none. */
  readonly blockMs?: number;
  readonly day?: number;
}

export interface ChainReply {
  readonly url?: string;
  readonly counters?: CounterReport;
  readonly rssMaxMiB?: number;
  /** Processor time that the server has used since it began, ms. */
  readonly cpuMs?: number;
}

/** A chain in a process of its own. */
export class BenchChain {
  readonly url: string;
  /** The same orders, to check what was stored of them. */
  readonly world: BenchWorld;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string, world: BenchWorld) {
    this.#child = child;
    this.url = url;
    this.world = world;
  }

  static async start(options: BenchChainOptions, signal: AbortSignal): Promise<BenchChain> {
    const child = startChild(new URL('./chain-child.js', import.meta.url), options);
    try {
      const { url } = await nextReply<ChainReply>(child, signal);
      if (url === undefined) throw new Error('the bench chain did not say where it listens');
      return new BenchChain(child, url, new BenchWorld(options));
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  /** The round trip that is added from now on. */
  async setLatency(latencyMs: number, signal: AbortSignal): Promise<void> {
    await this.#ask({ latencyMs }, signal);
  }

  /** A new finalized block this often from now on, each with its events; 0 lets the chain stand still. */
  async setBlockMs(blockMs: number, signal: AbortSignal): Promise<void> {
    await this.#ask({ blockMs }, signal);
  }

  /** From now on the newest finalized block is that of this day. */
  async goTo(day: number, signal: AbortSignal): Promise<void> {
    await this.#ask({ day }, signal);
  }

  /** What was asked and sent since the last call of any method here. */
  async takeCounters(signal: AbortSignal): Promise<CounterReport> {
    const { counters } = await this.#ask({}, signal);
    if (counters === undefined) throw new Error('the bench chain told no counters');
    return counters;
  }

  /** Processor time of the server so far, ms: what it carries cannot be more than one core gives. */
  async cpuMs(signal: AbortSignal): Promise<number> {
    return (await this.#ask({}, signal)).cpuMs ?? 0;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #ask(request: ChainRequest, signal: AbortSignal): Promise<ChainReply> {
    const reply = nextReply<ChainReply>(this.#child, signal);
    this.#child.send(request);
    return await reply;
  }
}
