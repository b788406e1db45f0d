/** A file on the simulated network. */
export interface ModelFile {
  readonly cid: string;
  readonly sizeBytes: number;
  /** One for each 256 KiB and a root, unless told. */
  readonly blocks?: number;
  readonly bytesPerSecond?: number;
  /** False: nobody has the root, a pull waits. True unless told. */
  readonly reachable?: boolean;
  /** The transfer stops here until the file is put again without it. */
  readonly stallAfterBytes?: number;
}

const BLOCK_BYTES = 256 * 1024;
const DEFAULT_BYTES_PER_SECOND = 10 * 1024 * 1024;
/** A transfer is cut into at most this many pieces, so that large files cost a simulation no more than small ones. */
const MAX_STEPS = 16;

export interface TransferStep {
  readonly blocks: number;
  readonly sizeBytes: number;
  readonly durationMs: number;
  /** Bytes of the file before this step. */
  readonly offsetBytes: number;
}

/** How a file comes over; sizes and block counts of the steps add up to the file's. */
export function transferSteps(file: ModelFile): TransferStep[] {
  const blocks = Math.max(1, file.blocks ?? Math.ceil(file.sizeBytes / BLOCK_BYTES) + 1);
  const steps = Math.min(MAX_STEPS, blocks);
  const bytesPerSecond = file.bytesPerSecond ?? DEFAULT_BYTES_PER_SECOND;
  const until = (total: number, step: number) => Math.floor((total * step) / steps);
  return Array.from({ length: steps }, (_, step) => {
    const offsetBytes = until(file.sizeBytes, step);
    const sizeBytes = until(file.sizeBytes, step + 1) - offsetBytes;
    return {
      offsetBytes,
      sizeBytes,
      blocks: until(blocks, step + 1) - until(blocks, step),
      durationMs: Math.ceil((sizeBytes * 1000) / bytesPerSecond),
    };
  });
}
