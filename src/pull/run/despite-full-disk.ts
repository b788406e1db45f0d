import { isDiskTrouble } from '../../domain/errors.ts';

/** For what stands in memory too and may be missing after a restart: a full or read-only disk must not end the running pulls. */
export async function despiteFullDisk(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isDiskTrouble(error)) throw error;
  }
}
