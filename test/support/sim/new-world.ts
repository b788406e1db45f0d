import { onTestFinished } from 'vitest';
import type { SimOptions } from './sim-options.ts';
import { SimWorld } from './sim-world.ts';

/** A world for one test, ended with it. */
export async function newWorld(options: SimOptions = {}): Promise<SimWorld> {
  const world = await SimWorld.create(options);
  onTestFinished(async () => await world.close());
  return world;
}
