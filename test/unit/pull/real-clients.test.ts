import { describe, expect, it, onTestFinished } from 'vitest';
import { IpfsModel } from '../../../devnet/ipfs/model/ipfs-model.ts';
import { startIpfsModelServer } from '../../../devnet/ipfs/model/ipfs-model-server.ts';
import { SworkerModel } from '../../../devnet/sworker/model.ts';
import { startSworkerServer } from '../../../devnet/sworker/server.ts';
import { UndiciTransport } from '../../../src/clients/http/undici-transport.ts';
import { IpfsClient } from '../../../src/clients/ipfs/ipfs-client.ts';
import { SworkerClient } from '../../../src/clients/sworker/sworker-client.ts';
import { EndPoint } from '../../../src/config/end-point.ts';
import { MIB } from '../../../src/domain/units.ts';
import { cidOf } from '../../support/decide-world.ts';
import { head, type PullWorld, pullWorld } from '../../support/pull-world.ts';

function endPointOf(apiUrl: string): EndPoint {
  const endPoint = EndPoint.parse(apiUrl.replace('/api/v0', ''), ['http:']);
  if (endPoint === undefined) throw new Error('not an end point');
  return endPoint;
}

interface Node {
  readonly world: PullWorld;
  readonly ipfs: IpfsModel;
  readonly sworker: SworkerModel;
  readonly start: () => void;
}

/** The pull room with the bot's own clients, over HTTP to a daemon and an sWorker that behave like the real ones. */
async function sealingNode(limits: { readonly pending?: number } = {}): Promise<Node> {
  const world = await pullWorld();
  const sworker = new SworkerModel({
    clock: world.clock,
    blockNumber: () => head,
    limits,
    report: () => undefined,
    unpin: async (cid) => await ipfs.unpin(cid),
  });
  const ipfs: IpfsModel = new IpfsModel({ clock: { sleep: async () => undefined }, sworker });
  const sworkerServer = await startSworkerServer(sworker);
  const ipfsServer = await startIpfsModelServer(ipfs, { ticker: () => () => undefined });
  const sworkerEnd = endPointOf(sworkerServer.apiUrl);
  const ipfsEnd = endPointOf(ipfsServer.apiUrl);
  const { clock } = world;
  const clients = {
    sworker: new SworkerClient({ endPoint: sworkerEnd, transport: new UndiciTransport(sworkerEnd), clock }),
    ipfs: new IpfsClient({ endPoint: ipfsEnd, transport: new UndiciTransport(ipfsEnd), clock }),
  };
  onTestFinished(async () => {
    await world.stop();
    await clients.ipfs.close();
    await clients.sworker.close();
    await ipfsServer.close();
    await sworkerServer.close();
  });
  return { world, ipfs, sworker, start: () => void world.start({}, clients) };
}

async function endedRecord(world: PullWorld, cid: string) {
  await world.until(async () => (await world.records(cid)).some((record) => record.end_reason !== null));
  return (await world.records(cid))[0];
}

const one = cidOf('one');
const two = cidOf('two');

describe('the pull room with its clients', () => {
  it('pulls and seals, and finds what is sealed already', async () => {
    const { world, ipfs, sworker, start } = await sealingNode();
    sworker.preload([{ cid: two, sizeBytes: 1000 }]);
    ipfs.putFile({ cid: one, sizeBytes: MIB });
    await world.add(one, { size_bytes: MIB });
    await world.add(two);
    start();
    await world.reaches(one, 'handled');
    await world.reaches(two, 'handled');
    expect(await world.records(one)).toMatchObject([{ status: 'sealed', cause: 'pull' }]);
    expect(await world.records(two)).toMatchObject([{ status: 'sealed', cause: 'found' }]);
  });

  it('makes a pin anew that stood already and sealed nothing', async () => {
    const { world, ipfs, start } = await sealingNode();
    ipfs.putFile({ cid: one, sizeBytes: MIB });
    await ipfs.pin(one);
    await world.add(one, { size_bytes: MIB });
    start();
    await world.reaches(one, 'handled');
    expect(await world.records(one)).toMatchObject([{ status: 'sealed', pinned_before: 1, repinned: 1 }]);
  });

  it('loses its seal by its own stop, and takes it up again', async () => {
    const { world, ipfs, sworker, start } = await sealingNode();
    ipfs.putFile({ cid: one, sizeBytes: MIB, stallAfterBytes: MIB / 2 });
    await world.add(one, { size_bytes: MIB });
    start();
    await world.until(() => sworker.files.pending.size === 1);
    await world.stop();
    expect(await world.records(one)).toMatchObject([{ status: 'interrupted', end_reason: 'stopped' }]);
    await world.until(() => sworker.files.pending.size === 0);
    ipfs.putFile({ cid: one, sizeBytes: MIB });
    start();
    await world.reaches(one, 'handled');
  });

  it('understands a deletion that was not reported yet (8014)', async () => {
    const { world, ipfs, sworker, start } = await sealingNode();
    ipfs.putFile({ cid: one, sizeBytes: MIB });
    await world.add(one, { size_bytes: MIB });
    sworker.preload([{ cid: one, sizeBytes: MIB }]);
    const body = Buffer.from(JSON.stringify({ cid: one }));
    await sworker.handle({ method: 'POST', path: '/api/v0/storage/delete', query: new Map(), body });
    start();
    expect(await endedRecord(world, one)).toMatchObject({ end_reason: 'being-deleted', counts_as_attempt: 0 });
    expect(await world.order(one)).toMatchObject({ status: 'queued', lookBlock: head + 600 });
  });

  it('understands an upgrade of sWorker', async () => {
    const { world, ipfs, sworker, start } = await sealingNode();
    ipfs.putFile({ cid: one, sizeBytes: MIB });
    await world.add(one, { size_bytes: MIB });
    sworker.upgrade = 'process';
    start();
    expect(await endedRecord(world, one)).toMatchObject({ end_reason: 'sworker-upgrading', counts_as_attempt: 0 });
  });

  it('understands that sWorker is full (4020) by its workload', async () => {
    const { world, ipfs, start } = await sealingNode({ pending: 0 });
    ipfs.putFile({ cid: one, sizeBytes: MIB });
    await world.add(one, { size_bytes: MIB });
    const { files } = world.workload;
    const full = { ...world.workload, files: { ...files, pending: { num: 500, sizeBytes: 0 } } };
    let asked = 0;
    world.readWorkload = () => (asked++ === 0 ? world.workload : full);
    start();
    expect(await endedRecord(world, one)).toMatchObject({ end_reason: 'sworker-full', counts_as_attempt: 0 });
  });

  it('understands that a restart of sWorker dropped its seals (8005)', async () => {
    const { world, ipfs, sworker, start } = await sealingNode();
    for (const cid of [one, two]) {
      ipfs.putFile({ cid, sizeBytes: MIB, stallAfterBytes: MIB / 2 });
      await world.add(cid, { size_bytes: MIB });
    }
    start();
    await world.until(() => sworker.files.pending.size === 2);
    await world.idle();
    await world.pass(30_000);
    sworker.restart();
    ipfs.putFile({ cid: one, sizeBytes: MIB });
    expect(await endedRecord(world, one)).toMatchObject({ end_reason: 'restart-of-several', counts_as_attempt: 0 });
  });

  it('takes the crash of the daemon for what it is', async () => {
    const { world, ipfs, sworker, start } = await sealingNode();
    for (const cid of [one, two]) {
      ipfs.putFile({ cid, sizeBytes: MIB, stallAfterBytes: MIB / 2 });
      await world.add(cid, { size_bytes: MIB });
    }
    start();
    await world.until(() => sworker.files.pending.size === 2);
    await world.idle();
    ipfs.crash();
    await world.until(
      async () =>
        (await world.records(two))[0]?.end_reason !== null || (await world.records(one))[0]?.end_reason !== null,
    );
    await world.pass(5000, 5000);
    expect(await endedRecord(world, one)).toMatchObject({ end_reason: 'restart-of-several', counts_as_attempt: 0 });
    expect(sworker.files.pending.size).toBe(2);
    expect(await world.order(one)).toMatchObject({ status: 'queued', attempts: 0 });
  });
});
