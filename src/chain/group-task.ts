import type { Account } from '../domain/account.ts';
import type { GroupTrouble } from '../domain/facts.ts';
import { MINUTE_MS } from '../domain/units.ts';
import { runLoop } from '../runtime/loop.ts';
import type { Task } from '../runtime/task.ts';
import type { ChainTaskParts } from './ports.ts';
import { syncedHead } from './synced-head.ts';
import { UndecodableGuard } from './undecodable.ts';

const condition = 'no-group';

const explanations: Readonly<Record<GroupTrouble, string>> = {
  'no-identity': 'the account has no identity on chain yet: sWorker has to register and report once',
  'no-group': 'the account is in no group: let it join one',
  'empty-group': 'the group has no members',
  'not-a-member': 'the account is not among the members of its group',
  'is-owner': "the account is the group's owner: an owner stores no files",
};

/** Keeps the fact `group`. While the group rules cannot be applied, a condition says why. */
export class GroupTask implements Task {
  readonly name = 'group';
  readonly #parts: ChainTaskParts & { readonly account: Account };
  readonly #guard: UndecodableGuard;

  constructor(parts: ChainTaskParts & { readonly account: Account }) {
    this.#parts = parts;
    this.#guard = new UndecodableGuard(parts, `chain-undecodable-${this.name}`);
  }

  async run(signal: AbortSignal): Promise<void> {
    await runLoop(
      this.#parts,
      { name: this.name, intervalMs: MINUTE_MS },
      signal,
      async () => await this.#guard.run(async () => await this.#round(signal)),
    );
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { chain, account, database, facts, clock } = this.#parts;
    const { value: head, endPoint } = await syncedHead(chain, this.#guard.ask(signal));
    const { value: group } = await chain.facts.readGroup(account, head, { signal, only: endPoint });
    const fact = { ...group, atBlock: head.number, atMs: clock.nowMs() };
    const isNewest = await database.write('event', async (tx) => await facts.setNewer(tx, 'group', fact));
    if (isNewest) this.#say(group.trouble);
  }

  #say(trouble: GroupTrouble | null): void {
    const { conditions, logger } = this.#parts;
    if (trouble === null) {
      if (conditions.clear(condition)) logger.info('The group rules can be applied again');
      return;
    }
    const isNew = conditions.raise(condition, { kind: 'wait', part: 'node', message: explanations[trouble] });
    if (isNew) logger.warn('Nothing is decided: the group rules cannot be applied', { trouble });
  }
}
