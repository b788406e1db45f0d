import { createProxy } from '../../../devnet/ipfs/rpc/proxy.ts';
import { listenHttp } from '../../../devnet/http/listen.ts';

/** Stands between a bot and its daemon and sees which CIDs the bot has pulled at every moment. */
export class PinWatch {
  /** What the bot's configuration is to name. */
  readonly origin: string;
  /** CIDs with a `pin/add` whose connection stands. */
  readonly pulling = new Set<string>();
  /** How many `pin/add` there were, by CID. */
  readonly begun = new Map<string, number>();
  /** Pins of sealed files that the bot made again. */
  madeAgain = 0;
  /** Every `pin/add` of a CID that was being pulled. */
  readonly twice: string[] = [];
  readonly #onTheirWay: (() => void)[] = [];
  #holdsPulls = false;
  onRequest: ((command: string, cid: string | null) => void) | undefined;
  readonly #close: () => Promise<void>;

  private constructor(origin: string, close: () => Promise<void>) {
    this.origin = origin;
    this.#close = close;
  }

  /** `daemonOrigin` without path. */
  static async start(daemonOrigin: string): Promise<PinWatch> {
    const proxy = createProxy(daemonOrigin);
    const listener = await listenHttp((request, response) => {
      const url = new URL(request.url ?? '/', daemonOrigin);
      const command = url.pathname.replace('/api/v0/', '');
      const cid = url.searchParams.get('arg');
      // Without progress it is the pin of the empty directory, from which pins of sealed files are made again.
      const isPull = command === 'pin/add' && url.searchParams.get('progress') === 'true';
      const arrives = (): void => {
        // Whoever asked is gone.
        if (response.destroyed) return;
        if (isPull && cid !== null) response.once('close', watch.#begins(cid));
        // Either side broke off: the other one is told by a broken connection.
        proxy.pass(request, response).catch(() => response.destroy());
      };
      if (command === 'pin/update') watch.madeAgain += 1;
      if (isPull || command !== 'pin/add') watch.onRequest?.(command, cid);
      if (isPull && watch.#holdsPulls) watch.#onTheirWay.push(arrives);
      else arrives();
    });
    const watch: PinWatch = new PinWatch(listener.origin, async () => {
      await listener.close();
      proxy.close();
    });
    return watch;
  }

  /** While set, a pull stays on its way to the daemon, as on a slow network: whoever asked has no answer, and the daemon was not asked. */
  holdPulls(holds: boolean): void {
    this.#holdsPulls = holds;
    if (!holds) for (const arrives of this.#onTheirWay.splice(0)) arrives();
  }

  /** What must never be. */
  get wrong(): readonly string[] {
    return this.twice.map((cid) => `${cid} was pulled while it was pulled`);
  }

  async close(): Promise<void> {
    await this.#close();
  }

  /** Returns the end of it. */
  #begins(cid: string): () => void {
    if (this.pulling.has(cid)) this.twice.push(cid);
    this.pulling.add(cid);
    this.begun.set(cid, (this.begun.get(cid) ?? 0) + 1);
    return () => this.pulling.delete(cid);
  }
}
