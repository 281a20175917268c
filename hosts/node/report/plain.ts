/** Text from files and arguments, made harmless for a terminal. */

/** Control characters, ends of lines and pages, marks that turn the direction of text, and halves of characters. */
const HIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** What holds none of them, as nearly all text does; the list of the others takes longer to read than most texts. */
const ASCII = /^[\n\x20-\x7e]*$/;

/** One line of text: every character that a terminal would obey instead of showing it becomes U+FFFD. */
export function plain(text: string): string {
  if (ASCII.test(text) && !text.includes("\n")) return text;
  return text.replace(HIDDEN, "\ufffd");
}

/** As `plain`, with line feeds left as they are: for text whose parts have been made plain. */
export function plainLines(text: string): string {
  if (ASCII.test(text)) return text;
  return text.replace(HIDDEN, (character) => (character === "\n" ? character : "\ufffd"));
}

/** JSON in which such characters are escaped; what it means is the same. */
export function plainJson(json: string): string {
  if (ASCII.test(json)) return json;
  return json.replace(HIDDEN, (character) =>
    character === "\n" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
