// Controls (C0, DEL, C1), line and paragraph separators, and the marks that reorder text on a terminal.
const unprintable = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** Text that a terminal shows and does not obey: every control character becomes `\xNN` or `\uNNNN`, and `maxLength` characters remain. */
export function printable(text: string, maxLength = 2000): string {
  const shown = text.replace(unprintable, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return shown.length <= maxLength ? shown : `${shown.slice(0, maxLength)}… (${shown.length} characters)`;
}

/** `value` as one line of JSON that a terminal shows and does not obey: JSON itself leaves the controls of C1 and the marks that reorder as they are. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(
    unprintable,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
