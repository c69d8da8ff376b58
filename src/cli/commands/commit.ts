/* lpmx commit: a new image out of a container.
 */
import { commitContainer } from "../../engine/commit.ts";
import { LpmxError } from "../../base/mod.ts";
import { parseRef, refText } from "../../image/mod.ts";
import { findContainer } from "../../store/mod.ts";
import { type Call } from "../command.ts";
import { print, tell } from "../output.ts";
import { allStores, ownStore } from "../settings.ts";

export async function run({ args, flags }: Call): Promise<number> {
  const [word, name] = args;
  const ref = name === undefined ? undefined : parseRef(name);
  if (ref?.digest) {
    throw new LpmxError("bad-reference", `Cannot name the image by digest: "${name}"`, {
      hint: "give NAME:TAG",
    });
  }
  const quiet = flags.on("quiet");
  const id = await commitContainer(allStores(), findContainer(ownStore(), word!), {
    name: ref && refText(ref),
    author: flags.last("author") ?? "",
    message: flags.last("message") ?? "",
    changes: flags.all("change"),
    pause: flags.on("pause", true) && !flags.on("no-pause"),
    warn: (line) => quiet || tell(`warning: ${line}`),
  });
  print(`sha256:${id}`);
  return 0;
}
