import { inspect } from 'node:util';

export type Protocol = 'http:' | 'https:' | 'ws:' | 'wss:';

/**
 * A base URL without a trailing slash. Text, JSON and inspection of it show no credentials and no query, so it can stand in a log line, an
 * error or a status page as it is.
 */
export class EndPoint {
  /** The address without user, password and query. */
  readonly printable: string;
  readonly #url: string;

  private constructor(url: URL) {
    this.#url = withoutTrailingSlash(url.href);
    this.printable = withoutCredentials(url);
    Object.freeze(this);
  }

  /** Undefined when the text is no URL of one of the protocols. */
  static parse(text: string, protocols: readonly Protocol[]): EndPoint | undefined {
    const url = parseUrl(text.trim());
    if (url === undefined || url.hostname === '') return undefined;
    if (!protocols.some((protocol) => protocol === url.protocol)) return undefined;
    // Paths are added to an HTTP base; a web socket is opened as it stands and may carry an access key in its query.
    const takesPaths = url.protocol === 'http:' || url.protocol === 'https:';
    if (url.hash !== '' || (takesPaths && url.search !== '')) return undefined;
    if (!isPercentEncoded(url.username) || !isPercentEncoded(url.password)) return undefined;
    return new EndPoint(url);
  }

  /** With credentials: for making connections only. */
  reveal(): string {
    return this.#url;
  }

  toString(): string {
    return this.printable;
  }

  toJSON(): string {
    return this.printable;
  }

  [inspect.custom](): string {
    return this.printable;
  }
}

/** An address as it may be shown, even when it is not a URL: what stands before an `@` and behind a `?` is left out. */
export function printableUrl(text: string): string {
  const url = parseUrl(text);
  if (url !== undefined && url.host !== '') return withoutCredentials(url);
  // Without one the pattern would look for it from every slash on.
  const shown = text.includes('@') ? text.replace(/^(?<scheme>[^@]*?:?\/\/)?[^]*@/u, '$<scheme>***@') : text;
  return shown.replace(/\?[^]*$/u, '?***');
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function isPercentEncoded(text: string): boolean {
  return /^(?:[^%]|%[0-9a-f]{2})*$/iu.test(text);
}

function withoutCredentials(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.search = '';
  shown.hash = '';
  return withoutTrailingSlash(shown.href);
}

function withoutTrailingSlash(text: string): string {
  return text.replace(/\/+$/u, '');
}
