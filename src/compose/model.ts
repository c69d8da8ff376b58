/* A compose file as it was understood. Pure, types only.
 */
import { type Spot } from "./document.ts";

/** A name and a value. */
export type Pair = [name: string, value: string];

/** A program of a service that the host can call. */
export interface Exposed {
  program: string;
  /** Name of the command. */
  as: string;
  user: string | undefined;
  workingDir: string | undefined;
  cleanEnv: boolean;
  spot: Spot;
}

/** A guest path that leads to a program of another service, or of the host when `service` is undefined. */
export interface ServiceMap {
  service: string | undefined;
  program: string;
  guest: string;
  spot: Spot;
}

/** A mount. `source` is an absolute host path, a volume's name in the store, or nothing. */
export interface Volume {
  type: "bind" | "volume" | "tmpfs";
  source: string | undefined;
  target: string;
  options: string[];
  spot: Spot;
}

/** What has to be there before a service. */
export interface Dependency {
  service: string;
  /** Its command has to have ended with status 0. */
  completed: boolean;
  required: boolean;
  spot: Spot;
}

/** A service. */
export interface Service {
  name: string;
  spot: Spot;
  image: string;
  imageSpot: Spot;
  containerName: string;
  platform: string | undefined;
  pullPolicy: "always" | "missing" | "never";
  entrypoint: string[] | undefined;
  command: string[] | undefined;
  /** undefined as value: the caller's, if it is set. */
  environment: [name: string, value: string | undefined][];
  envFiles: { path: string; required: boolean; spot: Spot }[];
  workingDir: string | undefined;
  user: string | undefined;
  hostname: string | undefined;
  extraHosts: Pair[];
  volumes: Volume[];
  readOnly: boolean;
  /** Programs of the host that run outside of it, as set-id ones do. */
  broker: string[];
  /** As `lpmx run --gpus` takes it. */
  gpus: string | undefined;
  x11: boolean;
  labels: Pair[];
  stopSignal: string | undefined;
  /** Seconds. */
  stopGrace: number | undefined;
  tty: boolean;
  stdinOpen: boolean;
  /** Started again by `up` even after it has ended well. */
  restart: boolean;
  profiles: string[];
  maps: ServiceMap[];
  expose: Exposed[];
  dependsOn: Dependency[];
  /** Whether `up` starts it; others are tools, there to be called. */
  started: boolean;
}

/** A project: what one or several files say. */
export interface Project {
  name: string;
  services: Service[];
  /** Names in the store of the volumes that belong to the project. */
  ownVolumes: string[];
  /** Things to tell the user: keys without effect, an old format. */
  notes: string[];
}

/** What reading needs to know of the world. */
export interface Setting {
  /** Absolute path of the folder that relative paths start from. */
  folder: string;
  /** Absolute path, for "~"; undefined when there is none. */
  home: string | undefined;
  /** Given by the user: beats the file's. */
  projectName: string | undefined;
}
