/** Something that hostile input must not be able to do. */
export class Finding extends Error {
  override readonly name = 'Finding';
}
