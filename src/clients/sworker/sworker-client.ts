import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EndPoint } from '../../config/end-point.ts';
import type { Workload } from '../../domain/facts.ts';
import { KIB, MIB, MINUTE_MS, SECOND_MS } from '../../domain/units.ts';
import { printable } from '../../lib/printable.ts';
import type { Clock } from '../../runtime/clock.ts';
import { bodyText, type Call, HttpService } from '../http/service.ts';
import type { HttpTransport } from '../http/transport.ts';
import { FileMapReader } from './file-map.ts';
import { FileMapError } from './file-map-error.ts';
import { type HeldFile, type PendingFile, type SworkerFile, toFile } from './files.ts';
import { identityAnswer, workloadAnswer } from './schemas.ts';
import { type SworkerStatus, statusOf } from './status.ts';

export interface SworkerIdentity {
  readonly account: string;
  readonly version: string;
  readonly sworkerVersion: string;
  readonly publicKey: string;
  readonly mrenclave: string;
}

const api = '/api/v0';
const read = { limitMs: 30 * SECOND_MS, maxBytes: MIB };
// sWorker lets the IPFS daemon unpin (60 s allowed) and removes every sealed block before it answers.
const write = { limitMs: 5 * MINUTE_MS, maxBytes: 64 * KIB };
// 500 pending files are some 60 KB, 400,000 held ones some 60 MB.
const shortList = { limitMs: 10 * MINUTE_MS, maxBytes: 8 * MIB };
const list = { limitMs: 10 * MINUTE_MS, maxBytes: 512 * MIB };

/**
 * sWorker's REST interface. Its answers are JSON whatever their content type says. Throws SWORKER_UNREACHABLE, SWORKER_BAD_ANSWER,
 * SWORKER_UPGRADING (501, 503 or code 10010) and SWORKER_REFUSED with `httpStatus` and `statusCode`; an aborted signal gives an abort error.
 */
export class SworkerClient {
  readonly #service: HttpService;

  constructor(options: { endPoint: EndPoint; transport: HttpTransport; clock: Clock }) {
    this.#service = new HttpService({
      ...options,
      names: {
        service: 'sWorker',
        unreachable: 'SWORKER_UNREACHABLE',
        badAnswer: 'SWORKER_BAD_ANSWER',
        brokenOff: 'SWORKER_BAD_ANSWER',
      },
    });
  }

  async workload(signal: AbortSignal): Promise<Workload> {
    const call = get('/workload');
    const { status, text } = await this.#service.text(call, { ...read, signal });
    if (status !== 200) throw this.#refused(call, status, text);
    return this.#service.parsed(workloadAnswer, call, text);
  }

  /** Undefined only when sWorker itself says that it has no such file, neither valid nor lost nor pending. */
  async fileInfo(cid: string, signal: AbortSignal): Promise<SworkerFile | undefined> {
    // sWorker does not decode its query; what encoding changes is no CID, and is not found there.
    const call = get(`/file/info?cid=${encodeURIComponent(cid)}`);
    const { status, text } = await this.#service.text(call, { ...read, signal });
    if (status === 404) {
      this.#ownStatus(call, status, text);
      return undefined;
    }
    if (status !== 200) throw this.#refused(call, status, text);
    const files = this.#readingFiles(call, () => {
      const reader = new FileMapReader((entry) => toFile(entry, undefined));
      const found = reader.push(Buffer.from(text));
      reader.end();
      return found;
    });
    const file = files.find((found) => found.cid === cid);
    if (file === undefined)
      throw this.#service.badAnswer(call, `another file than the one asked for: ${printable(text, 80)}`);
    return file;
  }

  /** sWorker holds at most 500 of them at once. */
  async pendingFiles(signal: AbortSignal): Promise<readonly PendingFile[]> {
    const files: PendingFile[] = [];
    for await (const slice of this.#files('pending', shortList, signal)) {
      for (const file of slice) if (file.type === 'pending') files.push(file);
    }
    return files;
  }

  /** In slices, as they come. A list that breaks off rejects, so what was read to the end is all there is. */
  async *lostFiles(signal: AbortSignal): AsyncGenerator<readonly HeldFile[], void, undefined> {
    for await (const slice of this.#files('lost', list, signal)) yield slice.filter(isLost);
  }

  /** Up to 400,000, in slices, as they come. A list that breaks off rejects, so what was read to the end is all there is. */
  async *validFiles(signal: AbortSignal): AsyncGenerator<readonly HeldFile[], void, undefined> {
    for await (const slice of this.#files('valid', list, signal)) yield slice.filter(isValid);
  }

  /** Deletes a file with its sealed blocks and its pin; ends the seal of a pending one. Takes a minute or more for a large one. */
  async deleteFile(cid: string, signal: AbortSignal): Promise<'deleted' | 'absent'> {
    const call = post('/storage/delete', { cid });
    const { status, text } = await this.#service.text(call, { ...write, signal });
    if (status === 404) {
      this.#ownStatus(call, status, text);
      return 'absent';
    }
    if (status !== 200) throw this.#refused(call, status, text);
    this.#ownStatus(call, status, text);
    return 'deleted';
  }

  /** Ends the seal of a pending file. One whose blocks are not complete is dropped with its data: `incomplete`. */
  async endSeal(cid: string, signal: AbortSignal): Promise<'ended' | 'absent' | 'incomplete'> {
    const call = post('/storage/seal_end', { cid });
    const { status, text } = await this.#service.text(call, { ...write, signal });
    const own = statusOf(text);
    if (status === 200 && own?.code === 0) return 'ended';
    if (status === 404 && own?.code === 8005) return 'absent';
    if (status === 500 && own?.code === 8017) return 'incomplete';
    if (own === undefined || status === 200) throw this.#notAStatus(call, status, text);
    throw this.#refused(call, status, text);
  }

  async idInfo(signal: AbortSignal): Promise<SworkerIdentity> {
    const call = get('/enclave/id_info');
    const { status, text } = await this.#service.text(call, { ...read, signal });
    if (status !== 200) throw this.#refused(call, status, text);
    return this.#service.parsed(identityAnswer, call, text);
  }

  async close(): Promise<void> {
    await this.#service.close();
  }

  async *#files(
    type: SworkerFile['type'],
    limits: typeof list,
    signal: AbortSignal,
  ): AsyncGenerator<readonly SworkerFile[], void, undefined> {
    const call: Call = { ...get(`/file/info_by_type?type=${type}`), readsSlowly: true };
    const answer = await this.#service.stream(call, { ...limits, signal });
    if (answer.status !== 200) throw this.#refused(call, answer.status, await bodyText(answer, read.maxBytes));
    const reader = new FileMapReader((entry) => toFile(entry, type));
    for await (const chunk of answer.chunks) {
      yield this.#readingFiles(call, () => reader.push(chunk));
      // Chunks that wait already come without a turn of the event loop between them, and others would have to wait for the whole list.
      await nextTurn();
    }
    this.#readingFiles(call, () => reader.end());
  }

  #readingFiles<T>(call: Call, reading: () => T): T {
    try {
      return reading();
    } catch (error) {
      if (!(error instanceof FileMapError)) throw error;
      const what = printable(error.message, 200);
      throw this.#service.badAnswer(call, what, { field: what.split(':')[0] ?? what }, error);
    }
  }

  /** Holds a 200 or 404 against its body: a proxy's or another server's "not found" says nothing about a file. */
  #ownStatus(call: Call, status: number, text: string): SworkerStatus {
    const own = statusOf(text);
    if (own === undefined || own.code !== status) throw this.#notAStatus(call, status, text);
    return own;
  }

  #notAStatus(call: Call, status: number, text: string): Error {
    const found = printable(text, 80);
    return this.#service.badAnswer(call, `status_code: expected with HTTP ${String(status)}, found ${found}`, {
      field: 'status_code',
      found,
      httpStatus: status,
    });
  }

  #refused(call: Call, status: number, text: string): Error {
    const own = statusOf(text);
    const data = { httpStatus: status, statusCode: own?.code ?? null };
    if (status === 501 || status === 503 || own?.code === 10010) {
      return this.#service.error('SWORKER_UPGRADING', call, `is upgrading: ${own?.message ?? 'no service'}`, data);
    }
    return this.#service.error(
      'SWORKER_REFUSED',
      call,
      `refused with HTTP ${String(status)}: ${own?.message ?? printable(this.#service.hidden(call, text), 200)}`,
      data,
    );
  }
}

const isValid = (file: SworkerFile): file is HeldFile => file.type === 'valid';
const isLost = (file: SworkerFile): file is HeldFile => file.type === 'lost';

function get(path: string): Call {
  return { method: 'GET', path: `${api}${path}` };
}

function post(path: string, body: unknown): Call {
  return {
    method: 'POST',
    path: `${api}${path}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}
