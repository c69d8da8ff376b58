/* Bytes and the texts that stand for them. No I/O.
 *
 * File names are bytes, not Unicode. Where names of a guest are handled they are `ByteText`: a string whose char codes are the
 * bytes (0 to 255). It is lossless, compares bytewise with `<`, and costs nothing for ASCII.
 */

/** A string of char codes 0 … 255, one for each byte. */
export type ByteText = string & { readonly __bytes: true };

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes bytes one to one. */
export function byteText(bytes: Uint8Array, start = 0, end = bytes.length): ByteText {
  let text = "";
  for (let at = start; at < end; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 8192)));
  }
  return text as ByteText;
}

/** The bytes of an ordinary string in UTF-8, as ByteText. */
export function toByteText(text: string): ByteText {
  // deno-lint-ignore no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text as ByteText : byteText(encoder.encode(text));
}

/** The bytes that a ByteText stands for. */
export function fromByteText(text: ByteText): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** For people: decoded as UTF-8 where it is that, else with \xNN in place of the odd bytes. */
export function showByteText(text: ByteText): string {
  try {
    return strict.decode(fromByteText(text));
  } catch {
    return text.replace(/[\x80-\xff]/g, (c) => "\\x" + c.charCodeAt(0).toString(16));
  }
}

/** Lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Bytes of a hexadecimal text. */
export function unhex(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}

/** One array holding all parts in order. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A size for people, in docker's form: powers of 1000, three digits ("117MB", "1.24GB"). */
export function showSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(3))}${units[unit]}`;
}
