/** To the bot's process; every one is answered. */
export interface WalkRequest {
  /** Orders read longer ago than this are due in a walk by the clock. */
  readonly refreshBlocks: number;
}

/** One more walk. */
export interface WalkReply {
  readonly ms: number;
  readonly keys: number;
  readonly rssMaxMiB: number;
}

export interface BotInput {
  readonly dataDir: string;
  readonly url: string;
}
