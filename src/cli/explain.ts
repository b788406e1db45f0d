import { openOverview } from '../app.ts';
import { namedOrderKey } from '../clients/chain/keys/order-key.ts';
import { explain as explainOrder } from '../decide/explain.ts';
import { exitCodes } from '../domain/errors.ts';
import { printable, printableJson } from '../lib/printable.ts';
import { configured } from './configured.ts';
import { explainText } from './explain-text.ts';
import { type Invocation, print } from './invocation.ts';
import { readStandstill } from './status-report.ts';

/** `smanager explain <cid>`: from the database alone. @returns 1 when no such order was ever seen */
export async function explain(
  invocation: Invocation,
  cid: string,
  options: { readonly json?: boolean },
): Promise<number> {
  const { config } = await configured(invocation);
  const opened = await openOverview(config);
  try {
    const story = await opened.story(namedOrderKey(cid));
    if (story === undefined) {
      invocation.stderr.write(
        `${printable(cid)}: no order with this CID was seen. Look at smanager status whether the first walk is complete.\n`,
      );
      return exitCodes.defect;
    }
    const explanation = explainOrder(story.order, {
      decidedBy: story.decidedBy,
      newest: story.newestBasis,
      headBlock: story.headBlock,
      standstill: await readStandstill(opened.overview, opened.clock.nowMs()),
    });
    print(
      invocation,
      options.json === true ? printableJson({ ...story, explanation }) : explainText(story, explanation),
    );
    return exitCodes.stopped;
  } finally {
    await opened.close();
  }
}
