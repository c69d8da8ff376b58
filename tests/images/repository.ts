// Makes a folder that apt can install from without a network: packages and all they need, over a given image. Runs as root,
// only from build.ts. Leaves FOLDER/*.deb and FOLDER/Packages; a line for it: deb [trusted=yes] file:/FOLDER ./
import { withApt } from "./image.ts";
import { must } from "../support/process.ts";

export async function buildRepository(packages: string[], parent: string, folder: string) {
  const tree = `${folder}/tree`;
  await must(["cp", "-a", `${parent}/rootfs`, tree]);
  await withApt(tree, async (apt) => {
    await apt("install", "-y", "--download-only", "--no-install-recommends", ...packages);
    await must(["sh", "-euc", 'mv "$0"/var/cache/apt/archives/*.deb "$1"', tree, folder]);
    await apt("install", "-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", "apt-utils");
  });
  await must(["mkdir", `${tree}/repository`]);
  await must(["sh", "-euc", 'mv "$0"/*.deb "$1" && chroot "$1/.." sh -euc "cd repository && apt-ftparchive packages ." >"$0/Packages"; mv "$1"/*.deb "$0"', folder, `${tree}/repository`]);
  await must(["rm", "-rf", tree]);
  await must(["chmod", "-R", "a+rX", folder]);
}
