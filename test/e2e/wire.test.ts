import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { BotLine } from '../../devnet/world/bot-process.ts';
import { exitCodes, type ErrorCode } from '../../src/domain/errors.ts';
import { HOUR_BLOCKS } from '../../src/domain/units.ts';
import { contentHash, hashOnDisk } from '../support/e2e/daemon.ts';
import { isWithoutKubo } from '../support/e2e/real-kubo.ts';
import { ROW_MS } from '../support/e2e/row-limit.ts';
import { type WireFaultName, wireFaults } from '../support/e2e/wire-faults.ts';
import type { WatchedWorld } from '../support/e2e/watched-world.ts';
import { WiredWorld } from '../support/e2e/wired-world.ts';
import { type WiredPart, wiredParts } from '../support/e2e/wires.ts';

const MINUTE_A_SECOND = 60;
const HOUR_IN_TEN_SECONDS = 360;

interface Expected {
  /** What the log says meanwhile, by code and words; undefined when everything goes on. */
  readonly says?: readonly [ErrorCode, RegExp];
  /** What becomes of the pull that was under way while the fault stands; one that `is lost` is begun anew afterwards, like one whose end nobody can confirm. */
  readonly underWay: 'ends' | 'is unconfirmed' | 'is lost';
}

const [chainAway, sworkerAway, ipfsAway, sworkerBroken] = [
  'CHAIN_UNREACHABLE',
  'SWORKER_UNREACHABLE',
  'IPFS_UNREACHABLE',
  'SWORKER_BAD_ANSWER',
] as const;

const matrix: Readonly<Record<Exclude<WireFaultName, 'refused'>, Readonly<Record<WiredPart, Expected>>>> = {
  'latency with jitter': {
    chain: { underWay: 'ends' },
    sWorker: { underWay: 'ends' },
    IPFS: { underWay: 'ends' },
  },
  'slow close': {
    chain: { says: [chainAway, /no answer in time/u], underWay: 'ends' },
    sWorker: { says: [sworkerAway, /no complete answer within 30 s/u], underWay: 'is unconfirmed' },
    IPFS: { says: [ipfsAway, /no complete answer within 30 s/u], underWay: 'ends' },
  },
  reset: {
    chain: { says: [chainAway, /ECONNRESET|the connection was lost/u], underWay: 'ends' },
    sWorker: { says: [sworkerAway, /ECONNRESET|other side closed/u], underWay: 'is unconfirmed' },
    IPFS: { says: [ipfsAway, /ECONNRESET|other side closed/u], underWay: 'is lost' },
  },
  'half-open': {
    chain: { says: [chainAway, /no answer in time/u], underWay: 'ends' },
    sWorker: { says: [sworkerAway, /no complete answer within 30 s/u], underWay: 'is unconfirmed' },
    IPFS: { says: [ipfsAway, /no complete answer within 30 s/u], underWay: 'is unconfirmed' },
  },
  'a few bytes a second': {
    chain: { says: [chainAway, /no answer in time/u], underWay: 'ends' },
    sWorker: { says: [sworkerAway, /no complete answer within 30 s/u], underWay: 'is unconfirmed' },
    IPFS: { says: [ipfsAway, /no complete answer within 30 s/u], underWay: 'ends' },
  },
  'cut in the middle': {
    chain: { says: [chainAway, /the connection was lost/u], underWay: 'ends' },
    sWorker: { says: [sworkerBroken, /broke its answer off/u], underWay: 'is unconfirmed' },
    IPFS: { says: [ipfsAway, /broke its answer off/u], underWay: 'ends' },
  },
  'name that does not resolve': {
    chain: { says: [chainAway, /ENOTFOUND chain\.wire\.test/u], underWay: 'ends' },
    sWorker: { says: [sworkerAway, /ENOTFOUND sworker\.wire\.test/u], underWay: 'is unconfirmed' },
    IPFS: { says: [ipfsAway, /ENOTFOUND ipfs\.wire\.test/u], underWay: 'is lost' },
  },
};

const refusedForAnHour: Readonly<Record<WiredPart, Expected>> = {
  chain: { says: [chainAway, /ECONNREFUSED/u], underWay: 'ends' },
  sWorker: { says: [sworkerAway, /ECONNREFUSED/u], underWay: 'is unconfirmed' },
  IPFS: { says: [ipfsAway, /ECONNREFUSED/u], underWay: 'is lost' },
};

describe.skipIf(isWithoutKubo)('a bot on bad wires', () => {
  let wired: WiredWorld;
  let place: WatchedWorld;

  async function open(factor: number): Promise<void> {
    wired = await WiredWorld.start(factor);
    place = wired.place;
  }

  describe('for minutes', () => {
    beforeAll(async () => await open(MINUTE_A_SECOND));
    afterAll(async () => await wired?.close());

    describe.each(Object.entries(matrix))('%s', (name, expected) => {
      it.each(wiredParts)('between it and %s', { timeout: ROW_MS }, async (part) => {
        const exitsBefore = place.bot.exits.length;
        await row(name as WireFaultName, part, expected[part]);
        expect(place.bot.exits.slice(exitsBefore)).toEqual([]);
      });
    });

    itComesOutWell();
  });

  describe('that refuse for an hour', () => {
    beforeAll(async () => await open(HOUR_IN_TEN_SECONDS));
    afterAll(async () => await wired?.close());

    it.each(wiredParts)('between it and %s', { timeout: ROW_MS }, async (part) => {
      const [exitsBefore, linesBefore] = [place.bot.exits.length, place.bot.lines.length];
      const anHourOn = place.world.chain.head.number + HOUR_BLOCKS;
      await row('refused', part, refusedForAnHour[part], async () => {
        await place.home.eventually('the end of the hour', () => place.world.chain.head.number >= anHourOn);
      });
      const exits = place.bot.exits.slice(exitsBefore);
      expect(exits.map(({ code }) => code)).toEqual([exitCodes.outage]);
      const last = place.bot.lines.slice(linesBefore).find(({ message }) => message === 'The bot ends');
      expect(last?.fields).toMatchObject({ part: part.toLowerCase(), exitCode: exitCodes.outage });
      expect(last?.fields['minutes']).toBeGreaterThanOrEqual(30);
      expect(last?.fields['minutes']).toBeLessThan(40);
    });

    itComesOutWell();
  });

  function itComesOutWell(): void {
    it('has let go of every file whose order closed, and of no other, and holds what it is to hold', async () => {
      await place.settled();
      expect([place.wrong, await place.begunWrongly(), await place.missing()]).toEqual([[], [], []]);
    });

    it('leaves tables in which everything fits together, and no error but the ends of its processes', async () => {
      const { home, bot } = place;
      expect((await bot.stop()).code).toBe(0);
      expect(await home.rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      const errors = bot.lines.filter(({ level }) => level === 'error' || level === undefined);
      expect(errors.filter(({ message }) => message !== 'The bot ends').map(({ text }) => text)).toEqual([]);
    });
  }

  /** A pull stands in the middle, the fault comes, an order and a close come, the fault has its time and goes, and one more order comes. */
  async function row(
    fault: WireFaultName,
    part: WiredPart,
    { says, underWay: pull }: Expected,
    lasts: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const { world, home } = place;
    const { ends } = wired;
    onTestFinished(() => wired.heal());
    await place.calm();
    const named = async (when: string) => await place.file(`${part} ${fault} ${when}`);
    const [underWay, meanwhile, afterwards] = [
      await named('under way'),
      await named('meanwhile'),
      await named('after'),
    ];
    const isHeld = ends.hold(underWay.cid);
    world.order(underWay);
    await isHeld;
    await place.whole();
    const since = place.bot.lines.length;

    await wireFaults[fault](wired, part);
    // Each progress line of the daemon counts to the bytes after which its connection is cut: nine seconds of them are enough.
    if (fault === 'cut in the middle' && part === 'IPFS') ends.letGo();
    world.order(meanwhile);
    place.closeOne();
    if (says !== undefined) await told(since, ...says);
    if (says !== undefined) await home.eventually('not ready', async () => !(await place.state()).ready);
    if (pull === 'is lost') await lost(since, underWay.cid);
    ends.letGo();
    if (pull === 'ends') await place.handled(underWay);
    if (says === undefined) await place.handled(meanwhile);
    await lasts();
    const stands = await home.standings();
    expect(stands.get(underWay.cid) === 'handled').toBe(pull === 'ends');
    // What reaches the daemon it may get, and then sWorker says so whatever became of the answer.
    const isBrought = stands.get(meanwhile.cid) === 'handled';
    expect(part !== 'IPFS' && isBrought).toBe(part !== 'IPFS' && says === undefined);
    expect((await place.state()).ready).toBe(says === undefined);
    expect(outages(since).length > 0).toBe(says !== undefined);
    expect([place.wrong, await place.begunWrongly()]).toEqual([[], []]);

    await wired.heal();
    world.order(afterwards);
    await place.handled(underWay, meanwhile, afterwards);
    await home.eventually('ready', async () => (await place.state()).ready);
    expect(await hashOnDisk(world, afterwards.cid)).toBe(contentHash(afterwards));
    expect(await home.rows('SELECT cid FROM file_record WHERE attempts > 0')).toEqual([]);
    expect([place.wrong, await place.begunWrongly(), await place.missing()]).toEqual([[], [], []]);
    await place.whole();
  }

  /** The warnings that something cannot go on, each of which makes it not ready. */
  function outages(since: number): readonly BotLine[] {
    return place.bot.lines.slice(since).filter(({ message }) => message === 'Cannot go on for now');
  }

  /** Waits for such a warning with its reason. */
  async function told(since: number, code: ErrorCode, words: RegExp): Promise<void> {
    const isIt = ({ fields, text }: BotLine): boolean => fields['code'] === code && words.test(text);
    await place.home.eventually(`${code} with ${words.source}`, () => outages(since).some(isIt));
  }

  async function lost(since: number, cid: string): Promise<void> {
    const isIt = ({ message, fields }: BotLine): boolean =>
      message === 'Pull ended' && fields['cid'] === cid && fields['order'] === 'queued';
    await place.home.eventually('the end of the pull', () => place.bot.lines.slice(since).some(isIt));
  }
});
