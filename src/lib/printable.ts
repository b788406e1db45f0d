// Controls (C0, DEL, C1), line and paragraph separators, and the marks that reorder text on a terminal.
const unprintable = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** Text that a terminal shows and does not obey: every control character becomes `\xNN` or `\uNNNN`, and `maxLength` characters remain. */
export function printable(text: string, maxLength = 2000): string {
  const shown = text.replace(unprintable, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(code);
  });
  return shown.length <= maxLength ? shown : `${startOf(shown, maxLength)}… (${shown.length} characters)`;
}

/** The first characters in memory of their own: what an engine cuts out of a text keeps all of that in memory. */
export function startOf(text: string, length: number): string {
  return Buffer.from(text.slice(0, length)).toString();
}

/** The same of a text of several lines, whole: each line for itself. */
export function printableLines(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line, Infinity))
    .join('\n');
}

/** JSON of the same value as `JSON.stringify` gives, in which a terminal finds nothing to obey either: that one leaves C1 and the marks as they are. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(unprintable, (character) => unicodeEscape(character.codePointAt(0) ?? 0));
}

/** What came in place of something else, as JSON; what has no JSON is nothing. The engine's writer has no room for what its parser can read. */
export function jsonOrNothing(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch (error) {
    if (error instanceof RangeError) return 'a value that is nested too deeply';
    throw error;
  }
}

function unicodeEscape(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
