/** A request as sWorker sees it. `path` includes the base `/api/v0`; `query` holds raw values, which sWorker never URL-decodes. */
export interface SworkerRequest {
  readonly method: string;
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** An answer; the content type is this one whatever the body is. */
export interface SworkerResponse {
  readonly status: number;
  readonly contentType: 'application/text';
  readonly body: string;
}

/**
 * `process`: from the start of an upgrade on, deleting and starting a seal are refused with 501, reads go on.
 * `enclave`: the enclave refuses with 503. `exit`: every route answers 501.
 */
export type UpgradePhase = 'none' | 'process' | 'enclave' | 'exit';

export const BASE_PATH = '/api/v0';

/** sWorker's codes in the bodies of the seal routes: hex literals there, read as decimal here. */
export const sealCodes = {
  ok: 0,
  fileLimit: 4020,
  notPending: 8005,
  alreadySealed: 8012,
  alreadySealing: 8013,
  beingDeleted: 8014,
  noSpace: 8016,
  incomplete: 8017,
  upgrading: 10010,
} as const;

export const upgradeTexts = {
  gate: 'Current service is closed due to upgrade!',
  exit: 'No service will be provided because of upgrade!',
} as const;

export function text(status: number, body: string): SworkerResponse {
  return { status, contentType: 'application/text', body };
}

export function json(status: number, body: unknown): SworkerResponse {
  return text(status, JSON.stringify(body));
}

/** `code` is the HTTP status on most routes and a sWorker code on the seal routes. */
export function statusMessage(status: number, message: string, code = status): SworkerResponse {
  return json(status, { status_code: code, message });
}

/** Splits a query string the way sWorker does: no URL decoding, the last of several equal names wins. */
export function parseRawQuery(query: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=');
    if (at > 0) values.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return values;
}
