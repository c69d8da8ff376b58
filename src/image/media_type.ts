/* Media types of manifests, and what they are: OCI image spec "media-types", docker's "Image Manifest Version 2, Schema 2".
 */

/** Accept header for manifests. */
export const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
] as const;

/** What a manifest's media type stands for; undefined when it is none that lpmx reads. */
export function manifestKind(mediaType: string): "index" | "image" | "schema1" | undefined {
  const plain = mediaType.split(";", 1)[0]!.trim();
  const at = (manifestTypes as readonly string[]).indexOf(plain);
  if (at >= 0) return at < 2 ? "index" : "image";
  return plain.startsWith("application/vnd.docker.distribution.manifest.v1+")
    ? "schema1"
    : undefined;
}

/** Whether a layer is a tar archive (its compression is found by looking at it). */
export function isTarLayer(mediaType: string): boolean {
  return /^application\/vnd\.(oci\.image\.layer\.(nondistributable\.)?v1\.tar|docker\.image\.rootfs\.(foreign\.)?diff\.tar)(\+\w+|\.\w+)?$/
    .test(mediaType);
}
