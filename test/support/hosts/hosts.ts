/** All hosts, in the order of the table. */

import { chromium } from "./chromium.ts";
import type { Host } from "./host.ts";
import { processes } from "./processes.ts";
import { python } from "./python.ts";
import { wasiHosts } from "./wasi/hosts.ts";
import { edgeLight, workerd } from "./workerd.ts";

export const hosts: readonly Host[] = [...processes, workerd, edgeLight, chromium, python, ...wasiHosts];
