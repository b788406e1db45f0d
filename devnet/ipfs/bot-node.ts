import type { HttpFaults } from '../http/faults.ts';
import { type PlainNode, type PlainNodeOptions, startPlainNode } from './plain-node.ts';
import type { Ticker } from './rpc/rpc-pin-add.ts';
import type { RwLock } from './sealing/rw-lock.ts';
import { type SealingFront, startSealingFront } from './sealing/sealing-front.ts';

export interface BotNodeOptions extends PlainNodeOptions {
  /** sWorker's REST API, with `/api/v0`. */
  readonly sworkerUrl: string;
  /** Address of the customers' node, connected to at every start. */
  readonly customers: string;
  readonly frontPort?: number;
  readonly ticker?: Ticker;
}

/** The storage node's IPFS daemon: a plain node behind a sealing front, as one thing that is started, killed and started again. */
export class BotNode {
  private readonly options: BotNodeOptions;
  private node: PlainNode | undefined;
  private front: SealingFront | undefined;
  private frontPort: number;
  private nodePort: number | undefined;

  constructor(options: BotNodeOptions) {
    this.options = options;
    this.frontPort = options.frontPort ?? 0;
    this.nodePort = options.port;
  }

  /** Starts on the folder and ports of the last time. */
  async start(): Promise<void> {
    const node = await startPlainNode({ ...this.options, port: this.nodePort });
    this.node = node;
    this.nodePort = Number(new URL(node.apiUrl).port);
    await node.connect(this.options.customers);
    const { sworkerUrl, ticker } = this.options;
    const style = this.options.style ?? node.style;
    this.front = await startSealingFront({ backendUrl: node.apiUrl, sworkerUrl, port: this.frontPort, style, ticker });
    this.frontPort = this.front.port;
  }

  /** What the bot is pointed at, with `/api/v0`; the same after a restart. */
  get apiUrl(): string {
    return this.running().apiUrl;
  }

  /** Of the front that runs now; a new start has none. */
  get faults(): HttpFaults {
    return this.running().faults;
  }

  /** Of the front that runs now. */
  get lock(): RwLock {
    return this.running().lock;
  }

  /** For sWorker's delete. Rejects while the node is down. */
  async unpin(cid: string, signal?: AbortSignal): Promise<void> {
    await this.running().unpin(cid, signal);
  }

  /** SIGKILL: sWorker keeps what was pending. */
  async kill(): Promise<void> {
    await this.front?.kill();
    await this.node?.kill();
    this.forget();
  }

  async stop(): Promise<void> {
    await this.front?.close();
    await this.node?.stop();
    this.forget();
  }

  private running(): SealingFront {
    if (this.front === undefined) throw new Error('the IPFS daemon is not running');
    return this.front;
  }

  private forget(): void {
    this.front = undefined;
    this.node = undefined;
  }
}
