import * as fc from 'fast-check';
import { SworkerClient } from '../../../src/clients/sworker/sworker-client.ts';
import type { SworkerFile } from '../../../src/clients/sworker/files.ts';
import { SystemClock } from '../../../src/runtime/clock.ts';
import { Answering, endPoint, pieces } from '../harness/answering.ts';
import { Finding } from '../harness/finding.ts';
import { mustEqual, outcomeOf } from '../harness/judge.ts';
import { changed, changes } from '../harness/mutation.ts';
import { type Target, target } from '../harness/target.ts';

const cid = 'QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn';
const other = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi';
const held = { size: 1_234_567, s_size: 1_240_000, c_block_num: 2_147_483_647 };
const pending = { used_time: '2s', sealed_size: '24644877' };
const num = { num: 3, size: 4096 };
const srd = {
  srd_complete: 100,
  srd_remaining_task: -1,
  disk_available_for_srd: 50,
  disk_available: 70,
  disk_volume: 200,
  sys_disk_available: 30,
};
const going = new AbortController().signal;

type Body = Readonly<Record<string, unknown>>;
const bodies: Readonly<Record<string, Body>> = {
  workload: { files: { lost: num, pending: num, valid: num }, srd: { ...srd, srd_detail: { '/disk': { srd: 1 } } } },
  valid: { [cid]: held, [other]: { ...held, size: 5 } },
  lost: { [cid]: held },
  pending: { [cid]: pending, [other]: { ...pending, sealed_size: 7 } },
  nested: { valid: { [cid]: held }, pending: { [other]: pending }, lost: {} },
  info: { [cid]: { ...held, type: 'valid' } },
  infoPending: { [cid]: { ...pending, type: 'pending' } },
  status: { status_code: 200, message: 'done' },
  missing: { status_code: 404, message: 'File not found.' },
  sealed: { status_code: 0, message: '' },
  upgrade: { status_code: 10010, message: 'upgrading' },
  identity: { pub_key: 'aa', mrenclave: 'bb', account: 'cT', version: '1', sworker_version: '1.1.1' },
};

type Reading = (client: SworkerClient) => Promise<unknown>;
const all = async (slices: AsyncIterable<readonly SworkerFile[]>): Promise<SworkerFile[]> => {
  const files: SworkerFile[] = [];
  for await (const slice of slices) files.push(...slice);
  return files;
};
const readings: Readonly<Record<string, Reading>> = {
  workload: async (client) => await client.workload(going),
  fileInfo: async (client) => (await client.fileInfo(cid, going)) ?? null,
  pendingFiles: async (client) => await client.pendingFiles(going),
  lostFiles: async (client) => await all(client.lostFiles(going)),
  validFiles: async (client) => await all(client.validFiles(going)),
  deleteFile: async (client) => await client.deleteFile(cid, going),
  endSeal: async (client) => await client.endSeal(cid, going),
  idInfo: async (client) => await client.idInfo(going),
};

/** Answers of sWorker, whatever was asked. */
export const sworker: Target = target({
  name: 'sworker',
  inputs: fc.record({
    reading: fc.constantFrom(...Object.keys(readings)),
    body: fc.constantFrom(...Object.keys(bodies)),
    status: fc.oneof(
      { weight: 6, arbitrary: fc.constant(200) },
      { weight: 2, arbitrary: fc.constantFrom(404, 500, 501, 503, 400, 302) },
    ),
    pieceBytes: fc.constantFrom(1, 7, 65_536),
    changes,
  }),
  judge: async ({ reading, body, status, pieceBytes, changes: list }) => {
    const bytes = changed(Buffer.from(JSON.stringify(bodies[body])), list);
    const parts = pieces(bytes, bytes.length > 10_000 ? 65_536 : pieceBytes);
    const client = new SworkerClient({
      endPoint: endPoint('http://sworker:1'),
      transport: new Answering({ status, body: parts }),
      clock: new SystemClock(),
    });
    const outcome = await outcomeOf(async () => await readings[reading]?.(client));
    if (outcome.error === undefined)
      judgeValue({ reading, status, value: outcome.value, text: bytes.toString('utf8') });
  },
});

function judgeValue({
  reading,
  status,
  value,
  text,
}: {
  reading: string;
  status: number;
  value: unknown;
  text: string;
}): void {
  const said: unknown = JSON.parse(text);
  if (value === null || value === 'absent') {
    if (status !== 404 || ![404, 8005].includes(Number(field(said, 'status_code'))))
      throw new Finding('absent without the word of sWorker');
    return;
  }
  if (reading === 'endSeal' || reading === 'deleteFile') return;
  if (status !== 200) throw new Finding(`a value out of HTTP ${status}`);
  if (reading === 'fileInfo')
    mustEqual(
      'the file',
      [value].map(figuresOf),
      filesIn(said, undefined).filter((file) => file[0] === cid),
    );
  if (reading.endsWith('Files')) judgeFiles(reading.slice(0, -'Files'.length), value, said);
  if (reading === 'workload') judgeNumbers(value);
}

/** Names that stand twice leave no word on which of them counts. */
function judgeFiles(type: string, value: unknown, said: unknown): void {
  const found = Array.isArray(value) ? value.map(figuresOf) : [];
  const expected = filesIn(said, type).filter((file) => file[1] === type);
  if (new Set(found.map(([name]) => name)).size !== found.length || found.length > expected.length) return;
  const sorted = (files: readonly Figures[]): string[] => files.map((file) => JSON.stringify(file)).sort();
  mustEqual('the files', sorted(found), sorted(expected));
}

type Figures = readonly [cid: string, type: string, size: number | null, sealed: number];

function figuresOf(file: unknown): Figures {
  return [
    String(field(file, 'cid')),
    String(field(file, 'type')),
    (field(file, 'sizeBytes') ?? null) as number | null,
    Number(field(file, 'sealedBytes')),
  ];
}

function filesIn(said: unknown, type: string | undefined, depth = 0): Figures[] {
  return Object.entries(said as object).flatMap(([name, entry]: [string, unknown]): Figures[] => {
    const isGroup = depth === 0 && ['valid', 'lost', 'pending'].includes(name) && typeof entry === 'object';
    if (isGroup) return filesIn(entry, name, 1);
    const own = textOf(field(entry, 'type') ?? type);
    if (own === 'pending') return [[name, own, null, Number(field(entry, 'sealed_size'))]];
    return [[name, own, Number(field(entry, 'size')), Number(field(entry, 's_size') ?? 0)]];
  });
}

function judgeNumbers(value: unknown): void {
  for (const one of Object.values(value as object) as unknown[]) {
    if (typeof one === 'object' && one !== null) judgeNumbers(one);
    else if (typeof one !== 'number' || !Number.isFinite(one)) throw new Finding(`a workload of ${String(one)}`);
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
