/* Choosing the manifest for this machine out of an index.
 */
import { LpmxError } from "../base/mod.ts";
import { type Descriptor, type ImageIndex, type Platform } from "./manifest.ts";

/** "linux/amd64", "linux/arm64/v8". */
export function platformText(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join("/");
}

/** Parses --platform: os/arch[/variant], or arch alone. Throws LpmxError("usage"). */
export function parsePlatform(text: string): Platform {
  const parts = text.toLowerCase().split("/");
  const whole = parts.length === 1 ? ["linux", ...parts] : parts;
  if (whole.length > 3 || whole.some((part) => part === "")) {
    throw new LpmxError("usage", `invalid platform "${text}"`, {
      hint: "write it like linux/amd64",
    });
  }
  const aliases: Record<string, string> = { x86_64: "amd64", "x86-64": "amd64", aarch64: "arm64" };
  const [os, architecture, variant] = whole as [string, string, string?];
  return { os, architecture: aliases[architecture] ?? architecture, variant };
}

/** Whether an image of platform `have` serves `want`. arm64 and arm64/v8 are the same. */
export function platformFits(have: Platform, want: Platform): boolean {
  const variant = ({ architecture, variant }: Platform) =>
    architecture === "arm64" ? variant ?? "v8" : variant;
  return have.os === want.os && have.architecture === want.architecture &&
    (!want.variant || variant(have) === variant(want));
}

/** The entry of an index for a platform. Throws LpmxError("platform-mismatch") that names what there is. */
export function choosePlatform(index: ImageIndex, want: Platform, what: string): Descriptor {
  const real = index.manifests.filter(({ platform }) => platform?.os !== "unknown");
  const exact = real.find(({ platform }) => platform && platformFits(platform, want));
  const only = real.length === 1 && !real[0]!.platform ? real[0] : undefined;
  const chosen = exact ?? only;
  if (chosen) return chosen;
  const have = real.flatMap(({ platform }) => platform ? [platformText(platform)] : []);
  throw new LpmxError(
    "platform-mismatch",
    `no image for ${platformText(want)} in ${what}${
      have.length ? `, only ${have.join(", ")}` : ""
    }`,
    { hint: "choose one of these with --platform" },
  );
}
