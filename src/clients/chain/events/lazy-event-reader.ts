import type { Logger } from '../../../runtime/log.ts';
import type { EndPoints } from '../connection/end-points.ts';
import type { EventReader } from './event-reader.ts';

type Methods = Pick<EventReader, 'blockEvents' | 'readHints' | 'readOrders'>;

/**
 * The event reader, loaded with the first block it is asked for. The types it decodes by take a good part of a start's time and of the memory of a
 * command that looks at no block.
 */
export class LazyEventReader implements Methods {
  readonly #endPoints: EndPoints;
  readonly #logger: Logger;
  #reader: Promise<EventReader> | undefined;

  constructor(endPoints: EndPoints, logger: Logger) {
    this.#endPoints = endPoints;
    this.#logger = logger;
  }

  readonly blockEvents: Methods['blockEvents'] = async (...args) => (await this.#open()).blockEvents(...args);

  readonly readHints: Methods['readHints'] = async (...args) => (await this.#open()).readHints(...args);

  readonly readOrders: Methods['readOrders'] = async (...args) => (await this.#open()).readOrders(...args);

  async #open(): Promise<EventReader> {
    this.#reader ??= import('./event-reader.ts').then(({ EventReader: Reader }) => {
      return new Reader(this.#endPoints, this.#logger);
    });
    return await this.#reader;
  }
}
