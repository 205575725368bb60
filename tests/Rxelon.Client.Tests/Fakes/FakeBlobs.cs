using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Answer = Microsoft.AspNetCore.Http.Results;

namespace Rxelon.Client.Tests.Fakes;

/// <summary>Blob endpoints of the fake hub.</summary>
internal static class FakeBlobs
{
    internal static void Map(WebApplication app, FakeHub hub)
    {
        app.MapPost("/v1/blobs/pack", async (HttpContext context) =>
        {
            var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var stored = BlobPack.Read(body.ToArray()).Select(blob =>
            {
                var id = BlobId.Of(blob.Span);
                hub.Blobs[id] = blob.ToArray();
                return new BlobInfo(id, blob.Length);
            }).ToList();
            return FakeHub.Json(new PackResponse(stored));
        });
        app.MapPost("/v1/blobs/fetch", async (HttpContext context) =>
        {
            var request = await FakeHub.ReadAsync<FetchRequest>(context);
            return Answer.Bytes(BlobPack.Write([.. request.Blobs.Select(id => (ReadOnlyMemory<byte>)hub.Blobs[id])]), BlobPack.MediaType);
        });
        app.MapMethods("/v1/blobs/{id}", ["GET", "HEAD"], (string id) => hub.Blobs.TryGetValue(BlobId.Parse(id), out var blob)
            ? Answer.Bytes(blob, enableRangeProcessing: true)
            : FakeHub.Problem(404, FaultCodes.NotFound, "There is no such blob."));
        app.MapMethods("/v1/uploads/{id}", ["HEAD"], (string id, HttpContext context) =>
        {
            if (!hub.Uploads.TryGetValue(BlobId.Parse(id), out var upload))
                return Answer.NotFound();
            context.Response.Headers["Upload-Offset"] = upload.Length.ToString(CultureInfo.InvariantCulture);
            return Answer.Ok();
        });
        app.MapPost("/v1/uploads/{id}", (string id) =>
        {
            hub.Uploads[BlobId.Parse(id)] = new MemoryStream();
            return Answer.StatusCode(201);
        });
        app.MapPatch("/v1/uploads/{id}", (string id, HttpContext context) => PatchAsync(hub, BlobId.Parse(id), context));
    }

    private static async Task<IResult> PatchAsync(FakeHub hub, BlobId id, HttpContext context)
    {
        var upload = hub.Uploads[id];
        if (context.Request.Headers["Upload-Offset"] != upload.Length.ToString(CultureInfo.InvariantCulture))
            return FakeHub.Problem(409, FaultCodes.Conflict, "The upload stands elsewhere.");
        if (hub.IsFull)
            return FakeHub.Problem(507, FaultCodes.StorageFull, "No room.", retryable: true);
        if (context.Request.ContentLength > hub.LargestPiece)
            return Answer.StatusCode(413);
        var buffer = new byte[64 * 1024];
        if (context.Request.ContentLength > hub.LargestGathered)
        {
            await context.Request.Body.ReadExactlyAsync(buffer);
            context.Abort();
            return Answer.Empty;
        }

        while (await context.Request.Body.ReadAsync(buffer) is > 0 and var read)
        {
            upload.Write(buffer, 0, read);
            if (hub.CutUploadAfter is { } limit && upload.Length >= limit)
            {
                hub.CutUploadAfter = null;
                context.Abort();
                return Answer.Empty;
            }
        }

        context.Response.Headers["Upload-Offset"] = upload.Length.ToString(CultureInfo.InvariantCulture);
        if (upload.Length == long.Parse(context.Request.Headers["Upload-Length"]!, CultureInfo.InvariantCulture))
        {
            hub.Uploads.TryRemove(id, out _);
            if (BlobId.Of(upload.ToArray()) != id)
                return FakeHub.Problem(400, FaultCodes.HashMismatch, "The bytes are not those of this name.");
            hub.Blobs[id] = upload.ToArray();
        }

        return Answer.NoContent();
    }
}
