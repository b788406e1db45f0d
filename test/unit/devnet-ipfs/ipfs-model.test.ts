import { type KuboRPCClient, create } from 'kubo-rpc-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { IpfsModel } from '../../../devnet/ipfs/model/ipfs-model.ts';
import { startIpfsModelServer } from '../../../devnet/ipfs/model/ipfs-model-server.ts';
import { SworkerModel } from '../../../devnet/sworker/model.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const MIB = 1024 ** 2;
const CID_A = 'QmPZ9gcCEpqKTo6aq61g2nXGUhM4iCL3ewB6LDXZCtioEB';
const CID_B = 'QmYgarKsmU3ZoiZuuRaMse72wNnUKrGs76ufW8Gh5dyjNn';

let clock: ManualClock;
let sworker: SworkerModel;
let ipfs: IpfsModel;
let client: AbortController;

beforeEach(() => {
  clock = new ManualClock();
  client = new AbortController();
  sworker = new SworkerModel({
    clock,
    blockNumber: () => 7,
    report: () => undefined,
    unpin: (cid) => ipfs.pinRm(cid),
  });
  ipfs = new IpfsModel({ clock, sworker, gcMs: 5000 });
});

/** Starts a pull and records how it ends. */
function pull(cid: string) {
  const seen = { blocks: 0, end: 'running' };
  const settled = ipfs.pinAdd(cid, { signal: client.signal, onProgress: (blocks) => (seen.blocks = blocks) }).then(
    () => (seen.end = 'pinned'),
    (error: unknown) => (seen.end = error instanceof Error ? error.message : String(error)),
  );
  return { seen, settled };
}

describe('a simulated pull', () => {
  it('takes the time its size needs, makes progress, and ends sealed and pinned', async () => {
    ipfs.putFile({ cid: CID_A, sizeBytes: 8 * MIB, bytesPerSecond: MIB });
    const { seen } = pull(CID_A);
    await clock.advance(4000);
    expect(seen).toEqual({ blocks: 16, end: 'running' });
    expect(sworker.files.pending.get(CID_A)?.plainBytes).toBe(4 * MIB);
    await clock.advance(4000);
    expect(seen).toEqual({ blocks: 33, end: 'pinned' });
    expect(sworker.files.find(CID_A)).toMatchObject({ state: 'valid', sizeBytes: 8 * MIB });
    expect(await ipfs.pinType(CID_A)).toBe('recursive');
  });

  it('waits for a root nobody has, sWorker knowing nothing', async () => {
    const { seen } = pull(CID_A);
    await clock.advance(3_600_000);
    expect(seen.end).toBe('running');
    expect(sworker.files.pending.size).toBe(0);
    ipfs.putFile({ cid: CID_A, sizeBytes: 1000 });
    await clock.advance(1000);
    expect(seen.end).toBe('pinned');
  });

  it('stalls where it is told to, and loses its seal when aborted', async () => {
    ipfs.putFile({ cid: CID_A, sizeBytes: 16 * MIB, stallAfterBytes: 4 * MIB });
    const { seen, settled } = pull(CID_A);
    await clock.advance(3_600_000);
    expect(sworker.files.pending.get(CID_A)?.plainBytes).toBe(4 * MIB);
    client.abort(new Error('stalled'));
    await settled;
    expect(seen.end).toBe('stalled');
    expect(sworker.files.pending.size).toBe(0);
    expect(await ipfs.pinType(CID_A)).toBeUndefined();
  });

  it('leaves its pending entry when the daemon crashes', async () => {
    ipfs.putFile({ cid: CID_A, sizeBytes: 16 * MIB, bytesPerSecond: MIB });
    const { seen, settled } = pull(CID_A);
    await clock.advance(4000);
    ipfs.crash();
    await settled;
    expect(seen.end).toBe('socket hang up');
    expect(sworker.files.pending.has(CID_A)).toBe(true);
    await expect(ipfs.pinRm(CID_A)).rejects.toThrow('connection refused');
    ipfs.start();
    const again = pull(CID_A);
    await again.settled;
    expect(again.seen.end).toBe('pin: Seal response error code is: 8013');
  });

  it('fails when sWorker is away', async () => {
    const alone = new IpfsModel({ clock, sworker, sworkerReachable: () => false });
    alone.putFile({ cid: CID_A, sizeBytes: 10 });
    await expect(alone.pinAdd(CID_A, { signal: client.signal })).rejects.toThrow('pin: connect: connection refused');
  });

  it('pins the empty directory without a word to sWorker', async () => {
    const emptyDirectory = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn';
    ipfs.putFile({ cid: emptyDirectory, sizeBytes: 4, blocks: 1 });
    const { seen } = pull(emptyDirectory);
    await clock.advance(1000);
    expect(seen.end).toBe('pinned');
    expect(sworker.files.find(emptyDirectory)).toBeUndefined();
  });
});

describe('a simulated garbage collection', () => {
  it('waits for running pins and makes later pins and unpins wait', async () => {
    ipfs.putFile({ cid: CID_A, sizeBytes: 4 * MIB, bytesPerSecond: MIB });
    ipfs.putFile({ cid: CID_B, sizeBytes: 1000 });
    const first = pull(CID_A);
    await clock.advance(1000);
    const removed = ipfs.repoGc();
    const second = pull(CID_B);
    await clock.advance(1000);
    const unpinned = ipfs.pinRm(CID_A);
    expect(second.seen).toEqual({ blocks: 0, end: 'running' });
    await clock.advance(2500);
    expect([first.seen.end, second.seen.end]).toEqual(['pinned', 'running']);
    await clock.advance(5000);
    expect(await removed).toEqual([]);
    await unpinned;
    expect(second.seen.end).toBe('pinned');
    const collected = ipfs.repoGc();
    await clock.advance(5000);
    expect(await collected).toEqual([CID_A]);
    expect((await ipfs.repoStat()).sizeBytes).toBe(1000);
  });
});

describe('a simulated daemon behind HTTP', () => {
  it('satisfies a stock client', async () => {
    ipfs = new IpfsModel({ clock, sworker });
    ipfs.putFile({ cid: CID_A, sizeBytes: 0, blocks: 1 });
    const server = await startIpfsModelServer(ipfs, { ticker: () => () => undefined });
    try {
      const stock: KuboRPCClient = create({ url: server.apiUrl });
      expect((await stock.version()).version).toBe('0.8.0');
      expect((await stock.id()).id.toString()).toBe(ipfs.peerId);
      const [pinned] = await Promise.all([stock.pin.add(CID_A), untilSleeping(clock)]);
      expect(pinned.toString()).toBe(CID_A);
      const pins: string[] = [];
      for await (const { cid, type } of stock.pin.ls()) pins.push(`${cid.toString()} ${type}`);
      expect(pins).toEqual([`${CID_A} recursive`]);
      expect((await stock.repo.stat()).storageMax).toBe(250_000_000_000n);
      await stock.pin.rm(CID_A);
      await expect(stock.pin.rm(CID_A)).rejects.toThrow('not pinned or pinned indirectly');
      const removed: string[] = [];
      for await (const { cid } of stock.repo.gc()) removed.push(String(cid));
      expect(removed).toEqual([CID_A]);
      ipfs.crash();
      await expect(stock.version()).rejects.toBeInstanceOf(Error);
    } finally {
      await server.close();
    }
  });
});

/** A request arrives some time after it was sent; the clock may move once it waits. */
async function untilSleeping(manual: ManualClock): Promise<void> {
  while (manual.sleeping === 0) await new Promise((resolve) => void setImmediate(resolve));
  await manual.advance(0);
}
