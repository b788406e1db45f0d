/** One notification of a subscription. */
export type Notification = { readonly method: string; readonly subscription: string; readonly result: unknown };

/** One client's subscriptions. */
export class RpcSession {
  readonly #send: (notification: Notification) => void;
  readonly #ends = new Map<string, () => void>();
  #afterReply: (() => void)[] = [];
  #lastId = 0;

  constructor(send: (notification: Notification) => void) {
    this.#send = send;
  }

  /**
   * Opens a subscription and returns its id. `start` gets the function that sends a notification and returns what ends
   * the subscription; what it sends at once is held back until the reply with the id has gone out.
   */
  subscribe(method: string, start: (notify: (result: unknown) => void) => () => void): string {
    this.#lastId += 1;
    const subscription = `devnet${String(this.#lastId).padStart(10, '0')}`;
    let isReplied = false;
    const notify = (result: unknown) => {
      const send = () => {
        if (this.#ends.has(subscription)) this.#send({ method, subscription, result });
      };
      if (isReplied) send();
      else this.#afterReply.push(send);
    };
    this.#ends.set(subscription, start(notify));
    this.#afterReply.push(() => {
      isReplied = true;
    });
    return subscription;
  }

  /** False when there is no such subscription. */
  unsubscribe(subscription: string): boolean {
    const end = this.#ends.get(subscription);
    end?.();
    return this.#ends.delete(subscription);
  }

  /** To be called when a reply has gone out: sends what had to wait for it. */
  replySent(): void {
    const waiting = this.#afterReply;
    this.#afterReply = [];
    for (const send of waiting) send();
  }

  close(): void {
    for (const end of this.#ends.values()) end();
    this.#ends.clear();
  }
}
