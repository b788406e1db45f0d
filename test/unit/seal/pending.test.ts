import { describe, expect, it } from 'vitest';
import { cidOf, heldWorld, type HeldWorld } from '../../support/held-world.ts';

const roundMs = 2 * 60_000;

function pending(world: HeldWorld, sealedBytes: Readonly<Record<string, string>>, ended: string[] = []): void {
  const files = Object.fromEntries(
    Object.entries(sealedBytes).map(([cid, bytes]) => [cid, { used_time: '2s', sealed_size: bytes }]),
  );
  world.transport.before = (route, body) => {
    if (route.endsWith('type=pending')) return JSON.stringify(files);
    if (route !== '/storage/seal_end') return undefined;
    ended.push(body);
    return '{"status_code":0,"message":"ok"}';
  };
}

describe('seals in progress', () => {
  it('bring the sealed bytes of running pulls up to date, never down', async () => {
    const world = await heldWorld();
    await world.knownOrder(cidOf(1), 'pulling');
    await world.pin(cidOf(1), 'running');
    pending(world, { [cidOf(1)]: '24644877' });
    const running = await world.start(world.sealUpdater());
    expect(await world.pinRow(cidOf(1))).toMatchObject({ status: 'running', sealed_bytes: 24_644_877 });
    pending(world, { [cidOf(1)]: '5' });
    await running.after(roundMs);
    expect(await world.pinRow(cidOf(1))).toMatchObject({ sealed_bytes: 24_644_877 });
  });

  it('that no pull of ours began are told once and left alone', async () => {
    const world = await heldWorld();
    const ended: string[] = [];
    await world.pin(cidOf('ours'), 'interrupted');
    pending(world, { [cidOf('ours')]: '1', [cidOf('orphan')]: '1' }, ended);
    const running = await world.start(world.sealUpdater());
    await running.after(roundMs);
    await running.after(roundMs);
    expect(ended).toEqual([]);
    const told = world.logger.lines.filter((line) => line.message.includes('no pull of ours'));
    expect(told.map((line) => line.context['cid'])).toEqual([cidOf('orphan')]);
    expect(await world.facts.find('held-report')).toMatchObject({ orphanSeals: 1 });
  });

  it('that no pull of ours began are ended at their second sight when the operator wants that', async () => {
    const world = await heldWorld();
    const ended: string[] = [];
    await world.pin(cidOf('ours'), 'interrupted');
    pending(world, { [cidOf('ours')]: '1', [cidOf('orphan')]: '1' }, ended);
    const running = await world.start(world.sealUpdater({ endOrphanSeals: true }));
    expect(ended).toEqual([]);
    await running.after(roundMs);
    expect(ended).toEqual([JSON.stringify({ cid: cidOf('orphan') })]);
  });
});
