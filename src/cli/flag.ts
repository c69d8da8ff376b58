/* What a flag is: a row of the command table. Help, completion, man pages, the reference, the engine's parser and the launcher's
 * (through tools/gen_commands.ts) all come from these rows.
 */

/** How a flag takes its value: not at all (or =true|false), once (the last counts), or repeatedly. */
export type FlagKind = "bool" | "value" | "list";

/** One flag of a command. */
export interface Flag {
  /** Long spelling without dashes. */
  name: string;
  letter: string | undefined;
  kind: FlagKind;
  action: "supported" | "ignored" | "refused";
  /** What the launcher calls it (enum flag_field without FIELD_); NONE where it has no effect there. */
  field: string;
  /** One line of help; for ignored flags why that is right, for refused ones what to do. */
  help: string;
  /** Placeholder of the value in help. */
  placeholder: string | undefined;
}

const supported = (kind: FlagKind, fallback: string | undefined) =>
(
  name: string,
  letter: string | undefined,
  field: string,
  help: string,
  placeholder: string | undefined = fallback,
): Flag => ({ name, letter, kind, action: "supported", field, help, placeholder });

/** A supported flag without value. */
export const bool = supported("bool", undefined);
/** A supported flag with a value. */
export const value = supported("value", "VALUE");
/** A supported flag that may be repeated. */
export const list = supported("list", "VALUE");

const unsupported = (action: "ignored" | "refused") =>
(
  name: string,
  letter: string | undefined,
  kind: FlagKind,
  help: string,
): Flag => ({
  name,
  letter,
  kind,
  action,
  field: "NONE",
  help,
  placeholder: kind === "bool" ? undefined : "VALUE",
});

/** Accepted without effect; `help` is the reason. */
export const ignored = unsupported("ignored");
/** Refused; `help` says what to do instead. */
export const refused = unsupported("refused");
