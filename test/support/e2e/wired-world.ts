import { FarEnds } from './far-ends.ts';
import { realKubo } from './real-kubo.ts';
import { WatchedWorld } from './watched-world.ts';
import { Wires } from './wires.ts';

/** A bot and its world, between them links that can be spoilt. */
export class WiredWorld {
  readonly place: WatchedWorld;
  readonly wires: Wires;
  readonly ends: FarEnds;

  private constructor(place: WatchedWorld, wires: Wires) {
    this.place = place;
    this.wires = wires;
    this.ends = new FarEnds(place.world);
  }

  /** With a bot at rest that holds two files. Time passes on both sides so many times as fast as for the machine. */
  static async start(factor: number): Promise<WiredWorld> {
    const laid: Wires[] = [];
    const place = await WatchedWorld.start({
      factor,
      world: { kubo: realKubo() },
      lay: async ({ world, pins }, releases) => {
        const wires = await Wires.lay(world, pins.origin);
        releases.add(async () => await wires.close());
        laid.push(wires);
        return wires;
      },
      files: ['first', 'second'],
    });
    const [wires] = laid;
    if (wires === undefined) throw new Error('no wires were laid');
    return new WiredWorld(place, wires);
  }

  /** Takes every fault away and holds nothing any more. */
  async heal(): Promise<void> {
    this.ends.hangsUp = undefined;
    this.ends.letGo();
    await this.wires.heal();
  }

  async close(): Promise<void> {
    await this.place.close();
  }
}
