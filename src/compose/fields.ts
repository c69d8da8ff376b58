/* The one table of what a compose file may hold: which keys are understood, which change nothing here (and why), which cannot work
 * (and what to do instead). The reader, the editors' schema and the guide all come from it. Pure, data only.
 */

/** What a key's value looks like; schema.ts says it to editors, read.ts reads it. */
export type Shape =
  | "text"
  | "flag"
  | "words"
  | "pairs"
  | "texts"
  | "seconds"
  | "pull_policy"
  | "depends"
  | "expose"
  | "maps"
  | "ports"
  | "volumes"
  | "env_file"
  | "scale"
  | "mode"
  | "services"
  | "declared_volumes"
  | "any";

/** A key. */
export interface Field {
  name: string;
  action: "supported" | "ignored" | "refused";
  shape: Shape;
  /** What it does; for ignored ones why that is right, for refused ones what to do. */
  help: string;
}

const supported = (name: string, shape: Shape, help: string): Field => ({
  name,
  action: "supported",
  shape,
  help,
});
const without = (action: "ignored" | "refused") => (help: string, names: string): Field[] =>
  names.split(" ").map((name) => ({ name, action, shape: "any", help }));
const ignored = without("ignored"), refused = without("refused");

/** Keys of a service. */
export const serviceFields: readonly Field[] = [
  supported("image", "text", "Image that the service runs; `host` is this machine itself"),
  supported("command", "words", "Run this instead of the image's CMD"),
  supported("entrypoint", "words", "Run this instead of the image's ENTRYPOINT"),
  supported("expose", "expose", "Programs that can be called from the host (ports change nothing)"),
  supported(
    "maps",
    "maps",
    "TARGET=GUESTPATH: lead a guest path to SERVICE:PROGRAM or to the host",
  ),
  supported("volumes", "volumes", "SOURCE:TARGET[:ro]: show folders of the host or named volumes"),
  supported("tmpfs", "texts", "Empty private folders"),
  supported("environment", "pairs", "Variables; without value the caller's"),
  supported("env_file", "env_file", "Files of variables"),
  supported("working_dir", "text", "Folder that programs start in"),
  supported("user", "text", "User that programs see themselves as: USER[:GROUP]"),
  supported("hostname", "text", "Host name in /etc/hostname and HOSTNAME"),
  supported("extra_hosts", "pairs", "Lines for /etc/hosts: HOST:IP"),
  supported("read_only", "flag", "Refuse changes outside of volumes"),
  supported("broker", "texts", "Programs of the host, of maps, that run outside as set-id ones do"),
  supported("gpus", "text", "Show the host's GPU driver: all, a number, or device=0,1"),
  supported("x11", "flag", "Show the caller's X display and its cookie"),
  supported("labels", "pairs", "Labels of the container"),
  supported("depends_on", "depends", "Services that are created and started before"),
  supported("container_name", "text", "Name of the container (default: PROJECT-SERVICE)"),
  supported("platform", "text", "Platform of the image when it is pulled"),
  supported("pull_policy", "pull_policy", "always, missing or never"),
  supported("profiles", "texts", "Only with one of these --profile"),
  supported(
    "restart",
    "text",
    "always, unless-stopped: `up` starts it again after it has ended well",
  ),
  supported("stop_signal", "text", "Signal that asks the program to end"),
  supported("stop_grace_period", "seconds", "Time before it is killed"),
  supported("stdin_open", "flag", "Keep standard input open"),
  supported("tty", "flag", "Give the program a terminal"),
  supported("ports", "ports", "Accepted where it changes nothing: ports are the host's own"),
  supported("network_mode", "mode", "host; the host's network is used in any case"),
  supported("scale", "scale", "1: a service has one container"),
  ...ignored(
    "limits are the caller's: set them with ulimit or the batch system",
    "deploy blkio_config cgroup cgroup_parent cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset mem_limit mem_reservation mem_swappiness memswap_limit oom_kill_disable oom_score_adj pids_limit ulimits",
  ),
  ...ignored(
    "a contained program never has more rights than its user",
    "cap_add cap_drop device_cgroup_rules group_add privileged security_opt credential_spec",
  ),
  ...ignored(
    "the host's namespaces are used as they are",
    "domainname ipc pid sysctls userns_mode uts",
  ),
  ...ignored(
    "the host's network is used as it is: services are at localhost",
    "networks dns dns_opt dns_search",
  ),
  ...ignored("the host's /dev is shown, with the caller's rights", "devices"),
  ...ignored("/dev/shm is as large as the host's", "shm_size"),
  ...ignored("there is no daemon that would run health checks", "healthcheck"),
  ...ignored("output is kept in the container's log", "logging attach"),
  ...ignored("the launcher reaps and ends what the program leaves behind", "init"),
  ...ignored("lpmx is the only runtime", "runtime isolation storage_opt"),
  ...ignored("for tools that watch and build, which lpmx is not", "develop annotations"),
  ...refused(
    "lpmx builds no images: build it elsewhere and load or pull it, or commit a container",
    "build",
  ),
  ...refused("write what both have in common once and merge it: <<: *name", "extends"),
  ...refused("containers share the host's network: use localhost", "links external_links"),
  ...refused("name the volumes again under volumes", "volumes_from"),
  ...refused("show the file with volumes", "configs secrets"),
  ...refused("the host's network is used: leave it out", "mac_address"),
  ...refused("write them under labels", "label_file"),
  ...refused("there is no daemon and so no socket", "use_api_socket"),
  ...refused("hooks are not run: write them into the command", "post_start pre_stop"),
  ...refused("a service is a container: run other programs by themselves", "provider models"),
];

/** Keys at the top of a file. */
export const topFields: readonly Field[] = [
  supported("name", "text", "Name of the project (default: the folder's)"),
  supported("services", "services", "What the project consists of, by name"),
  supported("tools", "services", "Another word for services"),
  supported("volumes", "declared_volumes", "Named volumes"),
  ...ignored("every file is read by the same rules", "version"),
  ...ignored("the host's network is used as it is", "networks"),
  ...refused("show the file with volumes", "configs secrets"),
  ...refused("give several files with --file", "include"),
  ...refused("a service is a container: run other programs by themselves", "models"),
];

/** Keys of an exposed program. */
export const exposeFields: readonly Field[] = [
  supported("program", "text", "Name on the service's PATH, or an absolute path in it"),
  supported("as", "text", "Name of the command (default: the program's)"),
  supported("user", "text", "User that the program sees itself as"),
  supported("working_dir", "text", "Folder that the program starts in"),
  supported("clean_env", "flag", "Give the program nothing of the caller's environment"),
];

/** Keys of a dependency. */
export const dependsFields: readonly Field[] = [
  supported("condition", "text", "service_started or service_completed_successfully"),
  supported("required", "flag", "false: no fault when there is no such service"),
  ...ignored("services are only started by up", "restart"),
];

/** Keys of a volume in the long form. */
export const volumeFields: readonly Field[] = [
  supported("type", "text", "bind, volume or tmpfs"),
  supported("source", "text", "Path on the host, or a volume's name"),
  supported("target", "text", "Guest path"),
  supported("read_only", "flag", "Refuse changes"),
  ...ignored("matters of mounts and daemons", "bind volume tmpfs consistency"),
];

/** Keys of a declared volume. */
export const declaredFields: readonly Field[] = [
  supported("name", "text", "Its name in the store (default: PROJECT_NAME)"),
  supported("external", "flag", "Not this project's: its name as it is, kept by down"),
  ...ignored("volumes are folders of the store", "driver driver_opts labels"),
];

/** Keys of an env_file. */
export const envFileFields: readonly Field[] = [
  supported("path", "text", "The file"),
  supported("required", "flag", "false: no fault when it is not there"),
  ...ignored("files of variables have one form", "format"),
];
