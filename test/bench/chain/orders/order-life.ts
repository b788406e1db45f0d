import { share } from './mixing.ts';

const GONE_A_DAY = 0.01;
const NEW_A_DAY = 0.01;
/** Of the orders of one day one in so many is changed the next. */
const CHANGE_SLOTS = 20;
const FATE = 1;
const SLOT = 2;

/** How many orders there are at first and for how many days the chain goes on. */
export interface LifeOptions {
  readonly seed: number;
  readonly orders: number;
  /** States behind the first one, a day apart each. */
  readonly days: number;
  /** Days pass and no order comes, goes or changes. */
  readonly isStill?: boolean;
}

/**
 * Which orders exist on which day and how often each has changed, decided by its number alone: a day brings 1 % new ones, ends 1 % and changes 5 %.
 * Nothing is listed, so whoever knows the seed can go through every single one.
 */
export class OrderLife {
  readonly #seed: number;
  readonly #orders: number;
  readonly #newADay: number;
  readonly #isStill: boolean;
  /** Orders are numbered from 0; those below exist on one day or another. */
  readonly everOrdered: number;
  readonly days: number;

  constructor({ seed, orders, days, isStill = false }: LifeOptions) {
    this.#seed = seed;
    this.#orders = orders;
    this.#isStill = isStill;
    this.#newADay = isStill ? 0 : Math.max(1, Math.round(orders * NEW_A_DAY));
    this.days = days;
    this.everOrdered = orders + days * this.#newADay;
  }

  /** The first day on which the order is there. */
  bornOn(order: number): number {
    return order < this.#orders ? 0 : 1 + Math.floor((order - this.#orders) / this.#newADay);
  }

  /** The first day on which it is gone; may lie behind the last day. */
  goneOn(order: number): number {
    if (this.#isStill) return Infinity;
    return this.bornOn(order) + 1 + Math.floor(share(this.#seed, order, FATE) / GONE_A_DAY);
  }

  existsOn(order: number, day: number): boolean {
    return day >= this.bornOn(order) && day < this.goneOn(order);
  }

  /** How often its value has changed up to this day. */
  versionOn(order: number, day: number): number {
    if (this.#isStill) return 0;
    const slot = Math.floor(share(this.#seed, order, SLOT) * CHANGE_SLOTS);
    const changesUntil = (last: number): number => Math.max(0, Math.floor((last - 1 - slot) / CHANGE_SLOTS) + 1);
    return changesUntil(day) - changesUntil(this.bornOn(order));
  }

  countOn(day: number): number {
    let count = 0;
    for (let order = 0; order < this.everOrdered; order += 1) if (this.existsOn(order, day)) count += 1;
    return count;
  }
}
