import { SmError } from '../../../domain/errors.ts';

/**
 * What `make` makes of the first blocks of a window, up to the first one that the end point cannot tell: whoever asks for that one next asks for it
 * first. Throws what stands against the very first block.
 */
export async function leading<T>(count: number, make: (index: number) => T | Promise<T>): Promise<readonly T[]> {
  const told: T[] = [];
  for (let index = 0; index < count; index += 1) {
    try {
      const value = make(index);
      told.push(value instanceof Promise ? await value : value);
    } catch (error) {
      if (index === 0 || !(error instanceof SmError)) throw error;
      break;
    }
  }
  return told;
}
