/* What is shown of the host for each entry into a container: flags of run, create, exec and LPMX's own verbs. Data only.
 */
import { bool, type Flag, value } from "../flag.ts";

export const entryFlags: readonly Flag[] = [
  bool("gpu", undefined, "GPU", "Show the host's GPU driver (same as --gpus all)"),
  value(
    "gpus",
    undefined,
    "GPUS",
    "Show the host's GPU driver; which devices to use: all, a number, or device=0,1",
    "DEVICES",
  ),
  bool("nv", undefined, "NV", "As --gpu, but only warn where there is no driver (apptainer)"),
  bool("rocm", undefined, "ROCM", "Show the host's ROCm libraries, if there are any (apptainer)"),
  bool("x11", undefined, "X11", "Show the caller's X display and its cookie"),
];
