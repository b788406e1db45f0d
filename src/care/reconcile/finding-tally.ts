import { type ClassFigures, type Finding, type ReconcileClass, type Remedy, perClass } from '../../domain/reconcile.ts';
import { GIB } from '../../domain/units.ts';

const mostExamples = 5;
/** So that no sum of hostile sizes leaves what a number can count. */
const mostBytes = 1024 * GIB;
/** Moves of one kind in one run; what is left over is found again by the next. */
const mostHealed = 250;

interface Figures {
  files: number;
  bytes: number;
  readonly remedies: Partial<Record<Remedy, number>>;
  readonly examples: string[];
}

/** Remedies by a move of orders. */
type OrderRemedy = 'decide-anew' | 'begin-cleanup' | 'begin-unpin';

export interface FoundFile {
  readonly cid: string;
  readonly sizeBytes: number;
  readonly orderId?: number | undefined;
  readonly recordId?: number | undefined;
}

/** Counts what a run finds; of the files themselves it keeps a few examples and those orders and records that something can be done for. */
export class FindingTally {
  readonly #classes = perClass(emptyFigures);
  readonly #orderIds: Readonly<Record<OrderRemedy, number[]>> = {
    'decide-anew': [],
    'begin-cleanup': [],
    'begin-unpin': [],
  };
  readonly #recordIds: number[] = [];

  add(finding: Finding, { cid, sizeBytes, orderId, recordId }: FoundFile): void {
    const figures = this.#classes[finding.class];
    figures.files += 1;
    figures.bytes += Math.min(sizeBytes, mostBytes);
    figures.remedies[finding.remedy] = (figures.remedies[finding.remedy] ?? 0) + 1;
    if (figures.examples.length < mostExamples) figures.examples.push(cid);
    if (finding.remedy === 'pin-again' && recordId !== undefined && this.#recordIds.length < mostHealed) {
      this.#recordIds.push(recordId);
    }
    if (!isOfOrders(finding.remedy)) return;
    const ids = this.#orderIds[finding.remedy];
    if (orderId !== undefined && ids.length < mostHealed) ids.push(orderId);
  }

  /** Orders that a guarded move of the tables is for. */
  orderIds(remedy: OrderRemedy): readonly number[] {
    return this.#orderIds[remedy];
  }

  /** Records of files that are to be pinned again. */
  get recordIds(): readonly number[] {
    return this.#recordIds;
  }

  figures(healed: Readonly<Partial<Record<ReconcileClass, number>>>): Readonly<Record<ReconcileClass, ClassFigures>> {
    return perClass((name) => ({ ...this.#classes[name], healed: healed[name] ?? 0 }));
  }
}

function isOfOrders(remedy: Remedy): remedy is OrderRemedy {
  return remedy === 'decide-anew' || remedy === 'begin-cleanup' || remedy === 'begin-unpin';
}

function emptyFigures(): Figures {
  return { files: 0, bytes: 0, remedies: {}, examples: [] };
}
