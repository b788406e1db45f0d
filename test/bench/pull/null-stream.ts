import { Writable } from 'node:stream';

/** Takes everything at once and keeps nothing. */
export function nullStream(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
