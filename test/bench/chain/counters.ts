/** What the server was asked and what it sent. */
export interface CounterReport {
  readonly requests: Readonly<Record<string, number>>;
  /** The most calls that were in the server or on its way out at once; a batch counts with all of its calls. */
  readonly maxInFlight: number;
  /** The same with a batch as one. */
  readonly maxMessagesInFlight: number;
  readonly sentBytes: number;
}

export class Counters {
  #requests: Record<string, number> = {};
  #inFlight = 0;
  #maxInFlight = 0;
  #messages = 0;
  #maxMessages = 0;
  #sentBytes = 0;

  asked(method: string): void {
    this.#requests[method] = (this.#requests[method] ?? 0) + 1;
  }

  arrived(calls: number): void {
    this.#inFlight += calls;
    this.#messages += 1;
    this.#maxInFlight = Math.max(this.#maxInFlight, this.#inFlight);
    this.#maxMessages = Math.max(this.#maxMessages, this.#messages);
  }

  left(calls: number, bytes: number): void {
    this.#inFlight -= calls;
    if (calls > 0) this.#messages -= 1;
    this.#sentBytes += bytes;
  }

  /** The counts since the last report. */
  takeReport(): CounterReport {
    const report = {
      requests: this.#requests,
      maxInFlight: this.#maxInFlight,
      maxMessagesInFlight: this.#maxMessages,
      sentBytes: this.#sentBytes,
    };
    this.#requests = {};
    this.#maxInFlight = this.#inFlight;
    this.#maxMessages = this.#messages;
    this.#sentBytes = 0;
    return report;
  }
}
