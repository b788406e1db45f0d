import { findKubo } from '../../../devnet/ipfs/kubo/find-kubo.ts';

const kubo = await findKubo();
const isRequired = Boolean(process.env['CI']) || Boolean(process.env['REQUIRE_KUBO']);
if (kubo === undefined) {
  console.warn('\n*** NO KUBO FOUND, so nothing runs against a real daemon: `npm run kubo` ***\n');
}

/** True when tests against a real daemon are to be passed over: there is none, and nobody requires one (`CI`, `REQUIRE_KUBO`). */
export const isWithoutKubo = kubo === undefined && !isRequired;

/** Path of the real daemon's binary. */
export function realKubo(): string {
  if (kubo === undefined) throw new Error('no Kubo: run `npm run kubo`, or set KUBO_BINARY');
  return kubo;
}
