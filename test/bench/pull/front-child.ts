import { startSealingFront } from '../../../devnet/ipfs/sealing/sealing-front.ts';
import { childInput } from '../harness/child.ts';
import { serve } from './served.ts';

const front = await startSealingFront(childInput() as { readonly backendUrl: string; readonly sworkerUrl: string });

serve({ url: () => front.apiUrl });
