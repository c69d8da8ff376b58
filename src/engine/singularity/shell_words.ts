/* The simple commands of a shell script, with variables put in. Pure. No shell: what it does not know is a reason to stop, never a
 * guess.
 *
 * Source: POSIX.1-2017, Shell Command Language, 2.2 Quoting and 2.6.2 Parameter Expansion.
 */

/** What a variable holds; undefined where that cannot be known. */
export type Lookup = (name: string) => string | undefined;

/** A command that is more than words, or words that cannot be known. */
export class NotSimple extends Error {
  override name = "NotSimple";
}

const name = /^[A-Za-z_][A-Za-z0-9_]*/;
/** NAME=VALUE */
export const assignment = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s;

/** Reads a script command by command. */
export class ShellWords {
  #text: string;
  #lookup: Lookup;
  /** What the command assigns so far: its further words see it. */
  #assigned = new Map<string, string>();
  /** Where the next command begins. */
  at = 0;

  constructor(text: string, lookup: Lookup) {
    this.#text = text;
    this.#lookup = lookup;
  }

  get done(): boolean {
    return this.at >= this.#text.length;
  }

  /** The words of the next command; none for an empty one. Throws NotSimple; `at` is then inside of it. */
  next(): string[] {
    const words: string[] = [];
    this.#assigned.clear();
    for (;;) {
      const char = this.#text[this.at];
      if (char === " " || char === "\t" || char === "\r") this.at++;
      else if (char === "\\" && this.#text[this.at + 1] === "\n") this.at += 2;
      else if (char === "#") this.skipLine();
      else if (char === undefined) return words;
      else if (char === "\n" || char === ";") {
        this.at++;
        return words;
      } else {
        words.push(this.#word());
        const [, name, value] = assignment.exec(words.at(-1)!) ?? [];
        if (name !== undefined && this.#assigned.size === words.length - 1) {
          this.#assigned.set(name, value!);
        }
      }
    }
  }

  /** Goes on behind the end of the line. */
  skipLine(): void {
    const end = this.#text.indexOf("\n", this.at);
    this.at = end < 0 ? this.#text.length : end;
  }

  #word(): string {
    let word = "";
    for (;;) {
      const char = this.#text[this.at];
      if (char === undefined || /[\s;]/.test(char)) return word;
      if (/[&|()<>`~]/.test(char)) throw new NotSimple();
      word += this.#piece(char);
    }
  }

  /** What one character, or the quoted text that it begins, stands for. */
  #piece(char: string): string {
    this.at++;
    if (char === "'") return this.#until("'");
    if (char === '"') return this.#quoted();
    if (char === "$") return this.#parameter();
    if (char !== "\\") return char;
    const next = this.#text[this.at++];
    return next === "\n" ? "" : next ?? "";
  }

  #until(end: string): string {
    const stop = this.#text.indexOf(end, this.at);
    if (stop < 0) throw new NotSimple();
    const text = this.#text.slice(this.at, stop);
    this.at = stop + end.length;
    return text;
  }

  #quoted(): string {
    let text = "";
    for (;;) {
      const char = this.#text[this.at++];
      if (char === undefined || char === "`") throw new NotSimple();
      if (char === '"') return text;
      if (char === "$") text += this.#parameter();
      else if (char !== "\\") text += char;
      else {
        const next = this.#text[this.at++] ?? "";
        text += next === "\n" ? "" : /[$`"\\]/.test(next) ? next : `\\${next}`;
      }
    }
  }

  /** $NAME, ${NAME}, ${NAME:-WORD}, ${NAME-WORD}; of others nothing is known. */
  #parameter(): string {
    const rest = this.#text.slice(this.at, this.at + 260);
    const plain = name.exec(rest)?.[0];
    if (plain !== undefined) {
      this.at += plain.length;
      return this.#value(plain);
    }
    const [head, inner, operator] = /^\{([A-Za-z_][A-Za-z0-9_]*)(\}|:?-)/.exec(rest) ?? [];
    if (head === undefined) throw new NotSimple();
    this.at += head.length;
    if (operator === "}") return this.#value(inner!);
    const other = this.#fallback();
    const value = this.#value(inner!);
    return value === "" ? other : value;
  }

  #value(variable: string): string {
    const value = this.#assigned.get(variable) ?? this.#lookup(variable);
    if (value === undefined) throw new NotSimple();
    return value;
  }

  #fallback(): string {
    let text = "";
    for (;;) {
      const char = this.#text[this.at];
      if (char === undefined || char === "`") throw new NotSimple();
      if (char === "}") {
        this.at++;
        return text;
      }
      text += this.#piece(char);
    }
  }
}
