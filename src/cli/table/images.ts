/* Rows of the command table: commands about images. Data only.
 */
import { type Command, command } from "../command.ts";
import { bool, ignored, list, refused, value } from "../flag.ts";

const format = value(
  "format",
  undefined,
  "NONE",
  'json, or a template such as "{{.ID}} {{.Size}}"',
  "FORMAT",
);
const noTrunc = bool("no-trunc", undefined, "NONE", "Print whole ids");
const filter = list("filter", "f", "NONE", "Only those that match KEY=VALUE", "KEY=VALUE");
const platform = value(
  "platform",
  undefined,
  "PLATFORM",
  "Platform in an image index",
  "OS/ARCH[/VARIANT]",
);

/** Commands about images. */
export const images: readonly Command[] = [
  command({
    words: "pull",
    aliases: ["image pull", "docker pull", "docker download"],
    args: "[OPTIONS] IMAGE",
    summary: "Download an image from a registry",
    details:
      "Layers that the store has already are not downloaded again. Credentials are those that docker, podman or skopeo login stored.",
    examples: ["lpmx pull debian:12", "lpmx pull quay.io/biocontainers/samtools:1.17--h00cdaf9_0"],
    flags: [
      bool("quiet", "q", "QUIET", "Print only the image's name"),
      platform,
      value(
        "authfile",
        undefined,
        "NONE",
        "File with credentials, in the form of containers-auth.json(5)",
        "FILE",
      ),
      value("user", "u", "NONE", "User name for the registry", "NAME"),
      value("pass", "p", "NONE", "Password for the registry; better use --authfile", "PASSWORD"),
      bool("plain-http", undefined, "NONE", "Speak plain http where https fails"),
      bool("tls-verify", undefined, "NONE", "=false is --plain-http"),
      bool("force", undefined, "NONE", "Accepted: the store is always compared with the registry"),
      refused("all-tags", "a", "bool", "name the tags that you need"),
      ignored(
        "disable-content-trust",
        undefined,
        "bool",
        "images are always verified by their digests",
      ),
      ignored("merge", "m", "bool", "lookups do not depend on the number of layers"),
    ],
    min: 1,
    max: 1,
    load: () => import("../commands/pull.ts"),
  }),
  command({
    words: "load",
    aliases: ["image load", "docker load"],
    args: "[OPTIONS] [FILE]",
    summary: "Load images from an archive, an OCI layout, a SIF or standard input",
    details:
      "Reads what `docker save` and `skopeo copy` write: docker-archive, oci-archive (plain, gzip or zstd) and OCI layout folders; and what " +
      "`apptainer build` and `mksquashfs` write: SIF and squashfs (gzip, zstd, xz or lz4), named after the file unless --name says otherwise.",
    examples: [
      "lpmx load -i image.tar",
      "docker save debian:12 | lpmx load",
      "lpmx load ./oci-layout",
      "lpmx load -n samtools:1.19 samtools.sif",
    ],
    flags: [
      value("input", "i", "NONE", "Read this instead of standard input", "FILE"),
      value("name", "n", "NONE", "Repository or name for an image that carries none", "NAME"),
      bool("quiet", "q", "QUIET", "No progress"),
      platform,
    ],
    max: 1,
    load: () => import("../commands/load.ts"),
  }),
  command({
    words: "singularity load",
    args: "[OPTIONS] FILE",
    summary: "Load a SIF or squashfs image (LPMX)",
    details: "The same as `lpmx load`, with LPMX's flags.",
    examples: ["lpmx singularity load samtools.sif -n samtools -t 1.19"],
    flags: [
      value("name", "n", "NONE", "Name of the image (default: the file's)", "NAME"),
      value("tag", "t", "NONE", "Tag of the image", "TAG"),
      bool("quiet", "q", "QUIET", "No progress"),
      platform,
    ],
    min: 1,
    max: 1,
    load: () => import("../commands/load.ts"),
  }),
  command({
    words: "save",
    aliases: ["image save", "docker save"],
    args: "[OPTIONS] IMAGE [IMAGE...]",
    summary: "Write images to an archive, an OCI layout or standard output",
    details:
      "docker-archive is what `docker load`, `podman load`, skopeo and `lpmx load` read, and an OCI layout besides. " +
      "Layers are packed again: same content, but with other digests than at the registry, so the saved image has another id.",
    examples: [
      "lpmx save -o image.tar mine:1",
      "lpmx save mine:1 | ssh host lpmx load",
      "lpmx save --format oci-dir -o layout mine:1",
    ],
    flags: [
      value("output", "o", "NONE", "Write this instead of standard output", "PATH"),
      value("format", undefined, "NONE", "docker-archive, oci-archive or oci-dir", "FORMAT"),
      bool("quiet", "q", "NONE", "Accepted: nothing is printed anyway"),
      ignored(
        "multi-image-archive",
        "m",
        "bool",
        "any archive can hold several images",
      ),
      refused("compress", undefined, "bool", "pipe it through gzip or zstd"),
    ],
    min: 1,
    load: () => import("../commands/save.ts"),
  }),
  command({
    words: "images",
    aliases: ["image ls", "image list", "docker images", "docker list", "singularity list"],
    args: "[OPTIONS] [REPOSITORY[:TAG]]",
    summary: "List images",
    examples: ["lpmx images", "lpmx images --format json"],
    flags: [
      bool("all", "a", "NONE", "Accepted: all images are shown anyway"),
      bool("digests", undefined, "NONE", "Show digests"),
      filter,
      format,
      noTrunc,
      bool("quiet", "q", "QUIET", "Print ids only"),
    ],
    max: 1,
    load: () => import("../commands/images.ts"),
  }),
  command({
    words: "inspect",
    aliases: ["image inspect", "container inspect", "docker inspect"],
    args: "[OPTIONS] NAME [NAME...]",
    summary: "Show all that is known of images and containers, as JSON",
    examples: ["lpmx inspect debian:12", "lpmx inspect --format '{{.Config.Env}}' debian:12"],
    flags: [
      value("format", "f", "NONE", 'A template such as "{{.Id}}"', "FORMAT"),
      value("type", undefined, "NONE", "image or container", "TYPE"),
      bool("size", "s", "NONE", "Accepted: sizes are shown anyway"),
    ],
    min: 1,
    load: () => import("../commands/inspect.ts"),
  }),
  command({
    words: "rmi",
    aliases: ["image rm", "image remove", "docker rmi", "docker delete", "singularity delete"],
    args: "[OPTIONS] IMAGE [IMAGE...]",
    summary: "Remove images",
    details:
      "Removes the name; the image and layers that nothing else uses go when the last name is gone.",
    examples: ["lpmx rmi debian:12"],
    flags: [
      bool("force", "f", "NONE", "Remove all names of an id; missing images are no error"),
      ignored("no-prune", undefined, "bool", "there are no parent images"),
      ignored("permernant", "p", "bool", "layers that nothing uses are always removed"),
    ],
    min: 1,
    load: () => import("../commands/rmi.ts"),
  }),
  command({
    words: "image prune",
    args: "[OPTIONS]",
    summary: "Remove images without a name, and layers that nothing uses",
    flags: [
      bool("force", "f", "NONE", "Accepted: nothing is asked"),
      bool("all", "a", "NONE", "Also images with a name that no container is made of"),
    ],
    max: 0,
    load: () => import("../commands/prune.ts"),
  }),
  command({
    words: "tag",
    aliases: ["image tag", "docker tag"],
    args: "IMAGE NAME",
    summary: "Give an image another name",
    examples: ["lpmx tag debian:12 mine:1"],
    flags: [],
    min: 2,
    max: 2,
    load: () => import("../commands/tag.ts"),
  }),
];
