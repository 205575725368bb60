// An S3 server of its own (npm: s3rver) on a port that the system or the caller picks; says where it listens on the first line.
// usage: node s3.mjs DIRECTORY PORT BUCKET
import S3rver from "s3rver";

const [directory, port, bucket] = process.argv.slice(2);
const server = new S3rver({
  address: "127.0.0.1",
  port: Number(port),
  directory,
  allowMismatchedSignatures: false,
  configureBuckets: [{ name: bucket }],
});
const address = await server.run();
console.log(`listening ${address.port}`);
