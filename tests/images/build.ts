// Builds what the tests run: images from Debian packages, archives of them, the content of a registry. Runs as root from
// tests/run.sh: `build.ts CACHE ZIG`. Keeps each result in CACHE under the hash of its recipe, so only what changed is built
// again, and writes CACHE/images.json, which the runner reads (ImageList in case.ts). Nothing here is written by lpmx itself.
import { buildImage, type Recipe } from "./image.ts";
import { buildRepository } from "./repository.ts";
import { must } from "../support/process.ts";
import { buildArchives } from "./archives.ts";
import { buildRegistry } from "./registry_content.ts";
import { buildTreeImages } from "./tree_images.ts";

interface Recipes {
  images: Record<string, Recipe>;
}

/** To be raised when image.ts makes other images of the same recipes. */
const BUILDER = "2";

const here = new URL(".", import.meta.url).pathname;
const [cache, zig] = Deno.args as [string, string];
const long = Deno.env.get("LPMX_TEST_LONG") === "1";
const recipes: Recipes = JSON.parse(await Deno.readTextFile(`${here}/recipes.json`));
const mirror = Deno.env.get("LPMX_TEST_MIRROR") ?? debianMirror();

/** The archive of Debian that apt is set up with on this machine (apt-get(8), indextargets). Throws Error where there is none. */
function debianMirror(): string {
  const format = ["--format", "$(REPO_URI) $(ORIGIN) $(LABEL)", "Created-By: Packages"];
  const { stdout } = new Deno.Command("apt-get", { args: ["indextargets", ...format] }).outputSync();
  const line = new TextDecoder().decode(stdout).split("\n").find((line) => line.endsWith(" Debian Debian"));
  if (!line) throw new Error("apt knows no archive of Debian to build test images from: set LPMX_TEST_MIRROR to one");
  return line.split(" ")[0]!.replace(/\/$/, "");
}

async function shortHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex().slice(0, 12);
}

/** The one archive of an image that only program cases use. */
function archive(name: string, folder: string): Promise<string> {
  const to = `oci-archive:${folder}/image.oci.tar:${name}:latest`;
  return must(["skopeo", "--insecure-policy", "copy", "--quiet", `oci:${folder}/oci:latest`, to]);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Makes CACHE/<name>-<key> by `make` unless it is there; a half-made one is thrown away. Returns its path. */
async function once(name: string, key: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = `${cache}/${name}-${await shortHash(BUILDER + key)}`;
  if (await exists(`${folder}/.done`)) {
    await Deno.utime(`${folder}/.done`, new Date(), new Date());
    return folder;
  }
  if (await exists(folder)) await Deno.remove(folder, { recursive: true });
  await Deno.mkdir(folder, { recursive: true });
  const started = performance.now();
  await make(folder);
  await Deno.writeTextFile(`${folder}/.done`, "");
  console.error(`test images: ${name} built in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return folder;
}

/** Removes what nobody has used for a week: another clone with other recipes may share the cache. */
async function sweep() {
  for await (const entry of Deno.readDir(cache)) {
    if (!/-[0-9a-f]{12}$/.test(entry.name)) continue;
    const folder = `${cache}/${entry.name}`;
    const used = await Deno.stat(`${folder}/.done`).catch(() => Deno.stat(folder));
    if (Date.now() - used.mtime!.getTime() > 7 * 86400_000) await Deno.remove(folder, { recursive: true });
  }
}

await Deno.mkdir(cache, { recursive: true });
const folders: Record<string, string> = {};
const trees: Record<string, string> = {};
const keys: Record<string, string> = {};
const repositories: Record<string, string> = {};
for (const [name, recipe] of Object.entries(recipes.images)) {
  if (recipe.long && !long) continue;
  const parent = recipe.from ? keys[recipe.from] : "";
  // A private image is used by scripts under its name, so whoever mentions it depends on it.
  const scripts = JSON.stringify(recipe.layers ?? []);
  const mentioned = Object.keys(keys).filter((other) => scripts.includes(`$${other}`)).map((other) => keys[other]);
  const programs = (recipe.programs ?? []).map((file) => Deno.readTextFileSync(`${here}/programs/${file}`));
  keys[name] = JSON.stringify(recipe) + parent + mentioned.join("") + programs.join("");
  if (recipe.repository) {
    repositories[recipe.from!] = await once(name, keys[name], (folder) =>
      buildRepository(recipe.repository!, folders[recipe.from!]!, folder));
    continue;
  }
  folders[name] = await once(name, keys[name], async (folder) => {
    await buildImage(recipe, recipe.from ? folders[recipe.from] : undefined, folder, { mirror, zig, trees });
    if (recipe.own) await archive(name, folder);
  });
  trees[name] = `${folders[name]}/rootfs`;
}

const pick = (wanted: (recipe: Recipe) => boolean) =>
  Object.fromEntries(Object.entries(folders).filter(([name]) => wanted(recipes.images[name]!)));
const images = pick((recipe) => !recipe.private && !recipe.own);
const own = pick((recipe) => recipe.own === true);
const all = JSON.stringify(Object.fromEntries(Object.keys(pick((recipe) => !recipe.own)).map((name) => [name, keys[name]])));
const version = async (file: string) => await Deno.readTextFile(`${here}/${file}`);
const archives = await once("archives", all + await version("archives.ts"), (folder) => buildArchives(images, folder));
const registry = await once("registry", all + await version("registry_content.ts"), (folder) =>
  buildRegistry(folders, folder));
const singularity = [...Deno.readDirSync(`${here}/singularity.d/env`)].map(({ name }) => `singularity.d/env/${name}`).sort();
const parts = ["tree_images.ts", "singularity.d/runscript", "singularity.d/labels.json", "../support/tree_list.py", ...singularity];
const texts = await Promise.all(parts.map(version));
const treeImages = await once("tree-images", keys["layered"]! + keys["debian12-samtools"] + texts.join(""), (folder) =>
  buildTreeImages({ layered: trees["layered"]!, samtools: trees["debian12-samtools"]! }, folder));
await sweep();
await Deno.writeTextFile(
  `${cache}/images.json`,
  JSON.stringify({ images, own, repositories, archives, registry, treeImages }, null, 2) + "\n",
);
