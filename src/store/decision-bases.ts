import type { DecisionBasis } from '../domain/strategy.ts';
import type { Database, Reader, Tx } from './database.ts';

/** `decision_basis`: one row for each content that verdicts were ever decided by. */
export class DecisionBases {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The number of a basis, made when its content is new. */
  async idOf(tx: Tx, basis: DecisionBasis, nowMs: number): Promise<number> {
    const rows: { id: number }[] = await tx.raw(
      'INSERT INTO decision_basis (content, created_ms) VALUES (?, ?) ON CONFLICT (content) DO UPDATE SET content = excluded.content RETURNING id',
      [canonical(basis), nowMs],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('SQLite returned no id for a basis');
    return row.id;
  }

  async find(id: number, source?: Reader | Tx): Promise<DecisionBasis | undefined> {
    const query = async (reader: Reader | Tx): Promise<DecisionBasis | undefined> => {
      const row: { content: string } | undefined = await reader('decision_basis').where({ id }).first('content');
      return row === undefined ? undefined : (JSON.parse(row.content) as DecisionBasis);
    };
    return source === undefined ? await this.#database.read(query) : await query(source);
  }
}

/** Equal bases must give equal text: the columns are written in one order. */
function canonical(basis: DecisionBasis): string {
  const { limits, weights } = basis;
  const content: DecisionBasis = {
    accountHex: basis.accountHex,
    groupOwner: basis.groupOwner,
    members: basis.members,
    ownIndex: basis.ownIndex,
    nodeCount: basis.nodeCount,
    limits: {
      minFileSizeBytes: limits.minFileSizeBytes,
      maxFileSizeBytes: limits.maxFileSizeBytes,
      minReplicas: limits.minReplicas,
      maxReplicas: limits.maxReplicas,
    },
    weights: { dbFilesWeight: weights.dbFilesWeight, newFilesWeight: weights.newFilesWeight },
    denyList: basis.denyList,
    allowList: basis.allowList,
  };
  return JSON.stringify(content);
}
