// An S3 server (npm: s3rver) on a port that the system or the caller picks; says where it listens on the first line and then each
// request. s3rver takes any version 4 signature for good, so it is checked here, as
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html says.
// usage: node s3.mjs DIRECTORY PORT BUCKET
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import S3rver from "s3rver";

const [directory, port, bucket] = process.argv.slice(2);
const secret = "S3RVER";

const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const encode = text => encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

// Null when the request is signed by the secret; else what is wrong.
function objection(request) {
  const [path, search = ""] = request.url.split("?");
  const query = new URLSearchParams(search);
  let scope, date, signed, signature, payload;
  if (query.has("X-Amz-Signature")) {
    scope = query.get("X-Amz-Credential").split("/").slice(1);
    [date, signed, signature, payload] = [query.get("X-Amz-Date"), query.get("X-Amz-SignedHeaders"), query.get("X-Amz-Signature"), "UNSIGNED-PAYLOAD"];
  } else {
    const found = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(request.headers.authorization ?? "");
    if (!found) return "not signed";
    scope = found[1].split("/").slice(1);
    [date, signed, signature, payload] = [request.headers["x-amz-date"], found[2], found[3], request.headers["x-amz-content-sha256"]];
  }

  const canonical = [
    request.method, path,
    [...query].filter(([name]) => name !== "X-Amz-Signature").map(([name, value]) => `${encode(name)}=${encode(value)}`).sort().join("&"),
    ...signed.split(";").map(name => `${name}:${(request.headers[name] ?? "").trim().replace(/ +/g, " ")}`), "",
    signed, payload,
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", date, scope.join("/"), createHash("sha256").update(canonical).digest("hex")].join("\n");
  const expected = hmac(scope.reduce(hmac, `AWS4${secret}`), text);
  return timingSafeEqual(expected, Buffer.from(signature, "hex")) ? null : `signature does not match:\n${canonical}`;
}

const server = new S3rver({ address: "127.0.0.1", port: Number(port), directory, silent: true, configureBuckets: [{ name: bucket }] });
server.middleware.unshift(async (ctx, next) => {
  const { method, url } = ctx.req;
  const wrong = objection(ctx.req);
  if (wrong === null) {
    // s3rver splits the source at slashes before it decodes them.
    if (ctx.req.headers["x-amz-copy-source"]) ctx.req.headers["x-amz-copy-source"] = decodeURIComponent(ctx.req.headers["x-amz-copy-source"]);
    await next();
  } else {
    ctx.status = 403;
    ctx.type = "application/xml";
    ctx.body = "<Error><Code>SignatureDoesNotMatch</Code></Error>";
  }

  console.log(`${ctx.status} ${method} ${url}${wrong === null ? "" : ` ${wrong}`}`);
});
const address = await server.run();
console.log(`listening ${address.port}`);
