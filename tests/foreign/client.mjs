// A gRPC client that learns everything from server reflection: usage: client.mjs HOST:PORT [SCRIPT]
// Without a script it prints {services}. With one it lists the services, runs a job with the given shell script, follows its log and prints one
// JSON object: {services, job, lines, end, refused, lastKind}.
import { createRequire } from "node:module";
import grpc from "@grpc/grpc-js";
import * as loader from "@grpc/proto-loader";

const require = createRequire(import.meta.url);
const descriptor = require("protobufjs/ext/descriptor");
const [target, script] = process.argv.slice(2);
const credentials = grpc.credentials.createInsecure();

// Reflection is the only service whose shape is known beforehand.
const REFLECTION = `
syntax = "proto3";
package grpc.reflection.v1alpha;
service ServerReflection {
  rpc ServerReflectionInfo(stream ServerReflectionRequest) returns (stream ServerReflectionResponse);
}
message ServerReflectionRequest {
  string host = 1;
  oneof message_request {
    string file_by_filename = 3;
    string file_containing_symbol = 4;
    string list_services = 7;
  }
}
message ServerReflectionResponse {
  FileDescriptorResponse file_descriptor_response = 4;
  ListServiceResponse list_services_response = 6;
}
message FileDescriptorResponse { repeated bytes file_descriptor_proto = 1; }
message ListServiceResponse { repeated ServiceResponse service = 1; }
message ServiceResponse { string name = 1; }
`;

function reflection() {
  const protobuf = require("protobufjs");
  const json = protobuf.parse(REFLECTION, { keepCase: true }).root.toJSON();
  const known = grpc.loadPackageDefinition(loader.fromJSON(json, { keepCase: true }));
  return new known.grpc.reflection.v1alpha.ServerReflection(target, credentials);
}

function ask(client, request) {
  return new Promise((resolve, reject) => {
    const call = client.ServerReflectionInfo();
    call.on("data", (reply) => {
      resolve(reply);
      call.end();
    });
    call.on("error", reject);
    call.write(request);
  });
}

async function files(client, symbol) {
  const set = new Map();
  const pending = [{ file_containing_symbol: symbol }];
  while (pending.length) {
    const reply = await ask(client, pending.pop());
    for (const bytes of reply.file_descriptor_response.file_descriptor_proto) {
      const file = descriptor.FileDescriptorProto.decode(bytes);
      if (set.has(file.name)) continue;
      set.set(file.name, file);
      for (const name of file.dependency) {
        if (!set.has(name)) pending.push({ file_by_filename: name });
      }
    }
  }
  return { file: [...set.values()] };
}

async function service(client, name) {
  const set = descriptor.FileDescriptorSet.create(await files(client, name));
  const options = { keepCase: true, enums: String, longs: Number, defaults: true, oneofs: true };
  const known = loader.loadFileDescriptorSetFromObject(
    descriptor.FileDescriptorSet.toObject(set, { bytes: Buffer }),
    options,
  );
  return new (grpc.makeClientConstructor(known[name], name))(target, credentials);
}

const call = (client, method, request) =>
  new Promise((resolve, reject) =>
    client[method](request, { deadline: Date.now() + 20_000 }, (error, reply) =>
      error ? reject(error) : resolve(reply),
    ),
  );

const reflect = reflection();
const listed = await ask(reflect, { list_services: "" });
const services = listed.list_services_response.service.map((one) => one.name);
if (script === undefined) {
  console.log(JSON.stringify({ services }));
  process.exit(0);
}
const jobs = await service(reflect, "hodei.v1.JobExecutionService");
const logs = await service(reflect, "hodei.v1.LogStreamService");

const queued = await call(jobs, "QueueJob", {
  spec: { name: "foreign", command: { type: "shell", script } },
  idempotency_key: `foreign-${process.pid}-${Date.now()}`,
});
const lines = [];
let end = null;
for await (const batch of logs.SubscribeLogs({ job_id: queued.id })) {
  lines.push(...batch.lines.map((line) => line.text));
  end = batch.end ?? end;
}
let refused = null;
let lastKind = null;
try {
  await call(jobs, "QueueJob", { spec: { name: "", command: { type: "shell", script: "true" } } });
} catch (error) {
  const rich = error.metadata.get("grpc-status-details-bin").length;
  refused = { code: error.code, details: error.details, rich };
}
for await (const event of jobs.ExecutionEventStream({ job_id: queued.id })) lastKind = event.kind;
const job = await call(jobs, "GetJob", { job_id: queued.id });
console.log(JSON.stringify({ services, job, lines, end, refused, lastKind }));
process.exit(0);
