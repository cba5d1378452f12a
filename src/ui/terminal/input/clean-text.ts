// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what is taken out
/** What a text becomes on its way into the input line. */

/** A tab's worth of spaces. */
export const tabSpaces = '    ';

/** Lines end with LF, tabs are spaces, other control characters and halves of characters are gone. */
export function cleanText(text: string): string {
  return text
    .replace(/\r\n?|[\x85\u2028\u2029]/g, '\n')
    .replaceAll('\t', tabSpaces)
    .replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, '')
    .replace(/\p{Cs}/gu, '');
}
