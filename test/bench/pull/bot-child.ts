import { BotRoom, type BotRun } from './bot-room.ts';
import { serve } from './served.ts';

let room: BotRoom | undefined;

serve({
  prepare: async (run: BotRun) => {
    room = await BotRoom.open(run);
  },
  pullAll: async () => await room?.pullAll(),
});
