import type { Demo } from '../demo.ts';
import { countsText, mebibytes } from '../narrator.ts';
import { countOutcomes, putStandingOrders, standingOrders } from '../orders/order-plan.ts';
import { sealByHand } from '../seal-by-hand.ts';

export async function introduceWorld(demo: Demo, ipfsKind: string): Promise<void> {
  const { narrator, world, plan } = demo;
  const { network } = world;
  narrator.chapter('A world for one storage node');
  narrator.say(
    'A Crust chain, an sWorker and an IPFS daemon run, and a second IPFS node that holds what customers order.',
  );
  narrator.detail(
    `IPFS is ${ipfsKind}; all bytes really travel over loopback`,
    `the bot's group has ${network.members.length} members, the network ${network.activeNodes} active nodes:`,
    'a file is ours in one of three cases, and then the dice lets a new one pass in 75 of 100 cases, an old one in 40',
  );
  const totalBytes = plan.corpus.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  narrator.say(
    `${plan.corpus.length} real files of this checkout are with the customers' node, ${mebibytes(totalBytes)}.`,
  );
  await sealByHand(world, plan.held);
  narrator.say(
    `${plan.held.length} of them were pinned by hand at the bot's daemon, so sWorker has sealed them already.`,
  );
  putStandingOrders(world, plan);
  const orders = standingOrders(plan);
  await demo.blocks(2);
  narrator.say(`${orders.length} orders stand on chain. What should become of them, reckoned without the bot:`);
  narrator.detail(countsText(countOutcomes(orders)).replaceAll('waiting: ', ''));
}
