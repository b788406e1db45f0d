import {
  type ClassFigures,
  type ReconcileClass,
  type ReconcileReport,
  type Remedy,
  reconcileClasses,
  remedies,
} from '../domain/reconcile.ts';
import { formatBytes, formatCount } from '../lib/format.ts';
import { printable } from '../lib/printable.ts';

const names: Readonly<Record<ReconcileClass, string>> = {
  'held-without-order': 'held without order',
  'handled-not-held': 'marked held but not held',
  'sealed-not-pinned': 'sealed but not pinned',
  'pinned-not-sealed': 'pinned but not sealed',
  'pending-without-record': 'pending without record',
  lost: 'lost',
};

/** What becomes of a file of each class, by its remedy. */
const outcomes: Readonly<Record<ReconcileClass, Partial<Record<Remedy, string>>>> = {
  'held-without-order': {
    'begin-cleanup': 'a cleanup begins; the chain has to confirm the close twice before anything is deleted',
    'seal-updater': 'the seal updater records the file with its next round, then a cleanup begins',
    report: 'nothing is deleted for it; a person can delete it in sWorker',
  },
  'handled-not-held': {
    'decide-anew': 'the order is decided anew',
    'seal-updater': 'the seal updater lets go of it once it was missing from two rounds',
  },
  'sealed-not-pinned': {
    'pin-again':
      'the IPFS daemon pins it again where it has all its blocks; else it is proven and earns, but cannot be fetched from this node',
  },
  'pinned-not-sealed': {
    'next-pull': 'its next pull pins it again and seals it',
    'begin-unpin': 'a cleanup begins; the chain has to confirm the close twice before the pin is taken away',
    report: 'nothing is unpinned for it; a person can unpin it',
  },
  'pending-without-record': {
    'next-pull': 'the seal of a pull that was killed is ended when its order is pulled again',
    report: 'no pull of this bot began it; it is ended only with cleanup.endOrphanSeals',
  },
  lost: { 'seal-updater': 'it comes back with its disk, or is decided anew after seal.lostGraceHours' },
};

/** The classes of a run that are not empty, in one line; the words of `smanager status` too. */
export function reconcileSummary({ classes }: ReconcileReport): string {
  const found = reconcileClasses.filter((name) => classes[name].files > 0);
  if (found.length === 0) return 'orders, records, sWorker and IPFS agree';
  return found.map((name) => `${formatCount(classes[name].files)} ${names[name]}`).join(', ');
}

function classLines(name: ReconcileClass, figures: ClassFigures): string[] {
  const { files, bytes, healed, examples } = figures;
  const head = `${names[name].padEnd(24)} ${formatCount(files).padStart(9)}  ${formatBytes(bytes).padStart(9)}`;
  const done = remedies.flatMap((remedy) => {
    const count = figures.remedies[remedy] ?? 0;
    return count === 0 ? [] : [`  ${formatCount(count)}: ${outcomes[name][remedy] ?? remedy}`];
  });
  return [
    head,
    ...done,
    ...(healed === 0 ? [] : [`  done for ${formatCount(healed)} now`]),
    ...(examples.length === 0 ? [] : [`  such as ${examples.map((cid) => printable(cid, 128)).join(', ')}`]),
  ];
}

/** The report as a person reads it on a terminal. */
export function reconcileText(report: ReconcileReport): string {
  return [
    `at block ${formatCount(report.atBlock)}: ${reconcileSummary(report)}`,
    ...reconcileClasses.flatMap((name) => classLines(name, report.classes[name])),
    ...(report.isApplied ? [] : ['Nothing was changed. With --apply, and by the running bot, what is safe is done.']),
  ].join('\n');
}
