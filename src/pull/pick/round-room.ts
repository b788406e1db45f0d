import { roomLeft } from '../rules/slots.ts';
import type { Round } from './chooser.ts';

/** How many more pulls may start in a round. Every order that was started stands among those that were tried. */
export function roomIn({ opening, started, tried }: Round): number {
  const { pending, valid, lost } = opening.workload.files;
  const allFiles = pending.num + valid.num + lost.num;
  return roomLeft({ room: opening.most, allFiles }, { running: started, started: tried.size });
}
