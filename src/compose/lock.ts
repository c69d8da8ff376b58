/* The lock file (lpmx-lock.yaml): what each image name stood for when it was written. Pure.
 */
import { fault, type Value } from "./document.ts";
import { entriesOf, textOf } from "./keys.ts";

/** What a name stands for. */
export interface Locked {
  /** The image's id: sha256:… of its config. */
  id: string;
  /** sha256:… by which a registry has it; undefined for an image that came from an archive. */
  digest: string | undefined;
}

/** By the name as the compose file has it. */
export type Lock = ReadonlyMap<string, Locked>;

/** The file's text. */
export function lockText(lock: Lock): string {
  const names = [...lock.keys()].sort();
  const lines = names.flatMap((name) => {
    const { id, digest } = lock.get(name)!;
    return [
      `  ${JSON.stringify(name)}:`,
      `    id: ${id}`,
      ...(digest === undefined ? [] : [`    digest: ${digest}`]),
    ];
  });
  const head = "# Written by `lpmx compose lock`; `lpmx compose lock --update` renews it.\n";
  return `${head}version: 1\nimages:${lines.length > 0 ? `\n${lines.join("\n")}` : " {}"}\n`;
}

const digestForm = /^sha256:[0-9a-f]{64}$/;

/** Reads the file. Throws LpmxError("bad-compose-file"). */
export function readLock(document: Value): Lock {
  const top = new Map(entriesOf(document, "").map(({ key, value }) => [key, value]));
  const version = top.get("version");
  if (!version || textOf(version, "version") !== "1") {
    throw fault(
      version?.spot ?? document.spot,
      "version",
      "is not 1",
      "make the file anew: lpmx compose lock --update",
    );
  }
  const images = top.get("images");
  return new Map((images ? entriesOf(images, "images") : []).map(({ key, value, spot }) => {
    const parts = new Map(entriesOf(value, `images.${key}`).map(({ key, value }) => [key, value]));
    const part = (name: string) => {
      const inner = parts.get(name);
      const text = inner && textOf(inner, `images.${key}.${name}`);
      if (text === undefined || digestForm.test(text)) return text;
      throw fault(inner!.spot, `images.${key}.${name}`, `"${text}" is no digest sha256:…`);
    };
    const id = part("id");
    if (id === undefined) throw fault(spot, `images.${key}`, "lacks an id");
    return [key, { id, digest: part("digest") }];
  }));
}
