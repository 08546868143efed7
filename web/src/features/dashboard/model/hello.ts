/** The first job of a server. */
import type { Schemas } from "@/api/client";

type Provider = Pick<Schemas["ProviderView"], "type" | "enabled">;

/** Hello World for these providers: without an image where one runs none, else the guide's. */
export function helloJob(providers: readonly Provider[]): Schemas["JobSpec"] {
  const bare = providers.some((one) => one.enabled && one.type === "process");
  return {
    name: "Hello World",
    command: { type: "shell", script: 'echo "Hello from Hodei!" && date' },
    ...(bare ? {} : { image: "alpine:latest" }),
  } as Schemas["JobSpec"];
}
