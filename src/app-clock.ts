import type { BotOptions } from './app-parts.ts';
import { waitForGenesis } from './chain/identity.ts';
import { ChainClient } from './clients/chain/chain-client.ts';
import { wsEndPoint } from './clients/chain/connection/ws-transport.ts';
import { ChildLibrary } from './clients/chain/events/library/child-library.ts';
import { type DevnetTime, devnetGenesisHash, devnetTimeVariables } from './domain/devnet.ts';
import { hasCode, SmError } from './domain/errors.ts';
import { type Clock, SystemClock } from './runtime/clock.ts';
import { Conditions } from './runtime/conditions.ts';
import { DevnetClock } from './runtime/devnet-clock.ts';

/** The time of a bot. */
export interface BotTime {
  readonly clock: Clock;
  /** Of what waits for the answers of others. */
  readonly answerClock: Clock;
  /** The only chain that the bot may work on by this time; null when any will do. */
  readonly genesisHash: string | null;
}

/** Programs outside answer in their real time: limits on them are shortened no more than this, so that 60 s remain 6. */
const mostForAnswers = 10;

type TimeOptions = Pick<BotOptions, 'config' | 'logger' | 'signal' | 'clock' | 'devnetTime'>;

/**
 * The real time, or that of a devnet once the chain has turned out to be one: nothing else has begun by then, and nothing is written.
 * @throws SmError CONFIG_INVALID when it is another chain (78), or the outage that lasted (75)
 */
export async function botTime({ clock = new SystemClock(), devnetTime, ...parts }: TimeOptions): Promise<BotTime> {
  if (devnetTime === undefined) return { clock, answerClock: clock, genesisHash: null };
  await assertDevnet(parts, clock);
  const { factor, offsetMs } = devnetTime;
  parts.logger.warn('Goes by the time of a devnet, not by the real one', { factor, offsetMs });
  return devnetClocks(devnetTime);
}

function devnetClocks(time: DevnetTime): BotTime {
  return {
    clock: new DevnetClock(time),
    answerClock: new DevnetClock(time, { waitFactor: Math.min(time.factor, mostForAnswers) }),
    genesisHash: devnetGenesisHash,
  };
}

async function assertDevnet({ config, logger, signal }: TimeOptions, clock: Clock): Promise<void> {
  const chainLogger = logger.child('chain');
  const chain = new ChainClient({
    endPoints: config.chain.endPoints.map((endPoint) => wsEndPoint(endPoint.reveal())),
    genesisHash: devnetGenesisHash,
    clock,
    logger: chainLogger,
    library: new ChildLibrary(clock, chainLogger),
  });
  try {
    await waitForGenesis(
      {
        clock,
        conditions: new Conditions(clock),
        logger: chainLogger,
        maxOutageMs: config.runtime.maxOutageMs,
        genesisHash: async (stop) => await chain.blocks.genesisHash({ signal: stop }),
      },
      signal,
    );
  } catch (error) {
    if (!hasCode(error, 'CHAIN_WRONG_GENESIS')) throw error;
    const { factor, offsetMs } = devnetTimeVariables;
    const found = String(error.data['found'] ?? 'another');
    const message = `${factor} and ${offsetMs} are for the devnet only, and the chain has the genesis ${found}: take them out of the environment`;
    throw new SmError('CONFIG_INVALID', message, { genesis: found }, error);
  } finally {
    await chain.close();
  }
}
