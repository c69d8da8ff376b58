/* lpmx pull: an image from a registry.
 */
import { pullImage } from "../../engine/pull.ts";
import { setting } from "../../host/mod.ts";
import { parseRef, refText } from "../../image/mod.ts";
import { type Call } from "../command.ts";
import { print, tell } from "../output.ts";
import { usageError } from "../parse.ts";
import { newProgress } from "../progress.ts";
import { ownStore, wantedPlatform } from "../settings.ts";

export async function run(call: Call): Promise<number> {
  const { flags, args } = call;
  const quiet = flags.on("quiet");
  const [user, password] = [flags.last("user"), flags.last("pass")];
  if ((user === undefined) !== (password === undefined)) {
    throw usageError("--user and --pass go together", call.command, call.words);
  }
  const ref = parseRef(args[0]!);
  if (!quiet && !/[:@][^/]*$/.test(args[0]!)) tell(`Using default tag: ${ref.tag}`);
  const pulled = await pullImage(ownStore(), ref, {
    platform: wantedPlatform(flags),
    credentials: user === undefined ? undefined : { username: user, password: password! },
    authFile: flags.last("authfile"),
    plainHttp: flags.on("plain-http") || !flags.on("tls-verify", true),
    progress: newProgress(quiet),
    warn: (line) => tell(`warning: ${line}`),
    retryPause: Number(setting("LPMX_RETRY_PAUSE") ?? 1000),
  });
  if (!quiet) {
    tell(`Digest: ${pulled.digest}`);
    tell(
      pulled.changed
        ? `Status: Downloaded newer image for ${args[0]}`
        : `Status: Image is up to date for ${args[0]}`,
    );
  }
  print(refText(ref));
  return 0;
}
