/* Generates src/runtime/contract.ts from shim/include/contract.h: constants and struct layouts, so that both sides of the
 * contract have one source.
 *
 *     deno run -A tools/gen_contract.ts           writes the file
 *     deno run -A tools/gen_contract.ts --check   fails when it is not fresh
 *
 * Understands the subset of C that the header promises: `#define NAME literal` and structs of u8/u16/u32/u64/char fields.
 */

const sizes: Record<string, number> = { u8: 1, char: 1, u16: 2, u32: 4, u64: 8 };

interface Field {
  name: string;
  type: string;
  count: number;
  offset: number;
}

function layOut(name: string, body: string): { fields: Field[]; size: number } {
  const fields: Field[] = [];
  let offset = 0, align = 1;
  for (const [, type, field, count] of body.matchAll(/^\s*(\w+)\s+(\w+)(?:\[(\d+)\])?;/gm)) {
    const size = sizes[type!];
    if (!size) throw new Error(`struct ${name}: unknown type ${type}`);
    if (offset % size) throw new Error(`struct ${name}.${field}: implicit padding`);
    fields.push({ name: field!, type: type!, count: Number(count ?? 1), offset });
    offset += size * Number(count ?? 1);
    align = Math.max(align, size);
  }
  if (offset % align) throw new Error(`struct ${name}: implicit padding at its end`);
  return { fields, size: offset };
}

/** The TypeScript text for a contract header. */
export function generateContract(header: string): string {
  const source = header.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ""));
  const lines = [
    "/* Generated from shim/include/contract.h by tools/gen_contract.ts: edit that, not this.",
    " * Constants, and for each struct its size and fields [type, offset, count].",
    " */",
  ];
  for (const [, name, value] of source.matchAll(/^#define (LPMX_\w+) +(\S+)\s*$/gm)) {
    if (name === "LPMX_CONTRACT_H") continue;
    // What a number cannot hold exactly becomes a bigint.
    const large = Number(value) > Number.MAX_SAFE_INTEGER;
    lines.push(`export const ${name} = ${value}${large ? "n" : ""};`);
  }
  for (const [, name, body] of source.matchAll(/^struct (\w+) \{([\s\S]*?)^\};/gm)) {
    const { fields, size } = layOut(name!, body!);
    lines.push("", `export const ${name} = {`, `  size: ${size},`, "  fields: {");
    for (const { name, type, offset, count } of fields) {
      lines.push(`    ${name}: ["${type}", ${offset}, ${count}],`);
    }
    lines.push("  },", "} as const;");
  }
  return lines.join("\n") + "\n";
}

if (import.meta.main) {
  const root = new URL("..", import.meta.url);
  const header = Deno.readTextFileSync(new URL("shim/include/contract.h", root));
  const target = new URL("src/runtime/contract.ts", root);
  const text = generateContract(header);
  if (Deno.args.includes("--check")) {
    if (Deno.readTextFileSync(target) !== text) {
      console.error("src/runtime/contract.ts is stale: run tools/gen_contract.ts");
      Deno.exit(1);
    }
  } else Deno.writeTextFileSync(target, text);
}
