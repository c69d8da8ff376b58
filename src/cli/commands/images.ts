/* lpmx images
 */
import { showSize } from "../../base/mod.ts";
import { listAllImages, type ListedImage } from "../../engine/list_images.ts";
import { familiarName, parseRef, repositoryText } from "../../image/mod.ts";
import { type Call } from "../command.ts";
import { ago, applyFilters, print, printRows } from "../output.ts";
import { allStores } from "../settings.ts";

const none = "<none>";

export function run({ args, flags }: Call): number {
  const listed = listAllImages(allStores()).filter((image) =>
    args[0] === undefined || isMeant(image, args[0])
  );
  const images = applyFilters(listed, flags.all("filter"), {
    dangling: (image, value) => (image.repository === undefined) === (value === "true"),
    reference: (image, value) => isMeant(image, value),
    label: ({ labels }, value) => {
      const [key = "", wanted] = value.split(/=(.*)/s);
      return key in labels && (wanted === undefined || labels[key] === wanted);
    },
  });
  const whole = flags.on("no-trunc");
  const id = (image: ListedImage) => whole ? `sha256:${image.id}` : image.id.slice(0, 12);
  if (flags.on("quiet")) {
    new Set(images.map(id)).forEach(print);
    return 0;
  }
  const rows = images.map((image) => ({
    ID: id(image),
    Repository: image.repository ? familiarName(image.repository) : none,
    Tag: image.tag ?? none,
    Digest: image.digest ?? none,
    CreatedAt: image.created ?? "",
    CreatedSince: ago(image.created),
    Size: showSize(image.size),
  }));
  const digest = flags.on("digests") ? [["DIGEST", "Digest"] as const] : [];
  printRows(rows, [
    ["REPOSITORY", "Repository"],
    ["TAG", "Tag"],
    ...digest,
    ["IMAGE ID", "ID"],
    ["CREATED", "CreatedSince"],
    ["SIZE", "Size"],
  ], flags.last("format"));
  return 0;
}

/** Whether an image is REPOSITORY or REPOSITORY:TAG; "*" stands for anything. */
function isMeant(image: ListedImage, word: string): boolean {
  if (image.repository === undefined) return false;
  const names = [image.repository, familiarName(image.repository)];
  const spellings = names.flatMap((name) => [name, `${name}:${image.tag}`]);
  if (word.includes("*")) {
    const form = new RegExp(
      `^${word.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*")}$`,
    );
    return spellings.some((spelling) => form.test(spelling));
  }
  if (spellings.includes(word)) return true;
  const ref = parseRef(word);
  const sameTag = !/:[^/]*$/.test(word) || ref.tag === image.tag;
  return repositoryText(ref) === image.repository &&
    (ref.digest ? ref.digest === image.digest : sameTag);
}
