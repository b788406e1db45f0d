export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Carries the query and is added to the path of the end point; empty for the end point itself. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The answer may be large and is read with pauses. */
  readonly readsSlowly?: boolean;
  /** Ends the request and the reading of its answer. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Reading it to the end or leaving its loop gives the connection back. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Complete only once the body has ended; names in lower case. */
  trailers(): Readonly<Record<string, string>>;
}

export interface WholeAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

export interface WholeLimits {
  readonly maxBytes: number;
  /** What a longer answer is given up with. */
  readonly tooLong: (sizeBytes: number) => Error;
  /** The head of the answer has come: what goes wrong from now on breaks it off. */
  readonly onHead: () => void;
}

/**
 * Carries requests to one end point. `send` rejects when no answer's head arrived; a connection lost later rejects the reading of the body.
 * Neither judges a status.
 */
export interface HttpTransport {
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** A short answer in one piece, at a fraction of what a stream of it costs; a transport without it has its streams read. */
  sendWhole?(request: HttpRequest, limits: WholeLimits): Promise<WholeAnswer>;
  close(): Promise<void>;
}
