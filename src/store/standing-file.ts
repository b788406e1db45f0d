import { SmError } from '../domain/errors.ts';
import { type FileTrouble, OwnFile } from './own-file.ts';

interface Ways {
  /** How long the database is by its own word. */
  readonly lengthBytes: () => Promise<number>;
  /** @throws SmError DATABASE_DAMAGED */
  readonly assertWhole: () => Promise<void>;
  /** Copies what the bot works with aside. @returns the copy's file */
  readonly keepCopy: () => Promise<string>;
}

/** Sees to it that nothing is written to a database whose file is not there any more, or is another one. */
export class StandingFile {
  readonly #filename: string;
  readonly #ways: Ways;
  readonly #own: OwnFile;
  #refusal: Promise<SmError> | undefined;

  constructor(filename: string, ways: Ways) {
    this.#filename = filename;
    this.#ways = ways;
    this.#own = new OwnFile(filename);
  }

  /** True when the log that stands beside the file belongs to another one. */
  get isLost(): boolean {
    return this.#refusal !== undefined || ['removed', 'replaced', 'log-removed'].includes(this.#own.trouble() ?? '');
  }

  /**
   * Before anything is written, in its turn.
   * @throws SmError DATABASE_REPLACED once it is lost, with where its content is kept; DATABASE_DAMAGED when it was cut short
   */
  async assertStands(): Promise<void> {
    if (this.#refusal !== undefined) throw await this.#refusal;
    const trouble = this.#own.trouble();
    if (trouble === undefined) return;
    if (trouble === 'cut-short') return await this.#assertCutByUs();
    if (trouble === 'emptied') {
      const file = this.#filename;
      throw new SmError('DATABASE_DAMAGED', `${file} was emptied while the bot worked on it`, { file });
    }
    this.#refusal = this.#refuse(trouble);
    throw await this.#refusal;
  }

  /** The bot itself gives free pages back: the file is then as long as it should be. */
  async #assertCutByUs(): Promise<void> {
    if ((await this.#ways.lengthBytes()) > this.#own.sizeBytes) await this.#ways.assertWhole();
  }

  async #refuse(trouble: Exclude<FileTrouble, 'cut-short' | 'emptied'>): Promise<SmError> {
    const file = this.#filename;
    if (trouble === 'log-removed') {
      const message = `${file}-wal was removed or replaced while the bot worked on it; what it held is written into the database now. Leave the files beside the database alone`;
      return new SmError('DATABASE_REPLACED', message, { file });
    }
    const next = trouble === 'removed' ? 'begins anew' : 'takes the file that stands there now';
    const message = `${file} was ${trouble} while the bot worked on it. The next start ${next}. ${await this.#kept()} To replace a database, stop the bot and use smanager restore`;
    return new SmError('DATABASE_REPLACED', message, { file });
  }

  async #kept(): Promise<string> {
    try {
      const copy = await this.#ways.keepCopy();
      return `What the bot worked with is kept: stop it, then smanager restore ${copy} goes on with that.`;
    } catch (error) {
      if (!(error instanceof SmError)) throw error;
      return `What the bot worked with could not be kept (${error.message}).`;
    }
  }
}
