using Microsoft.AspNetCore.Mvc;
using Rxelon.Hub.Blobs;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Http;

/// <summary>The caller's own ciphertext: many small blobs at once, single ones of any size. Others' blobs are not found.</summary>
internal static class BlobsEndpoints
{
    private const long MaxPackBytes = BlobPack.MaxBlobs * (4L + BlobRef.InlineLimit);
    private const string Bytes = "application/octet-stream";

    internal static void MapBlobs(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/v1/blobs").WithMetadata(NeedsAccount.Instance);
        group.MapPost("/pack", StoreAsync).Accepts<IFormFile>(BlobPack.MediaType).Produces<PackResponse>()
            .WithMetadata(new RequestSizeLimitAttribute(MaxPackBytes))
            .WithSummary("Store up to 1,000 blobs of at most 32 KiB in one body; they are durable when this answers.");
        group.MapPost("/fetch", FetchAsync).Accepts<FetchRequest>("application/json").Produces(200, contentType: BlobPack.MediaType)
            .WithSummary("Up to 1,000 small blobs in one body, in the order asked for.");
        group.MapGet("/{id}", ReadAsync).Produces(200, contentType: Bytes)
            .WithSummary("One blob of any size; Range is honoured.");
        group.MapMethods("/{id}", [HttpMethods.Head], ReadAsync).WithSummary("Whether the caller has stored this blob, and its length.");
    }

    private static async Task<IResult> StoreAsync(HttpContext context, Caller caller, IBlobStore blobs, CancellationToken cancel)
    {
        if (context.Request.ContentType != BlobPack.MediaType)
            return Answers.Problem(new Fault(FaultCodes.Malformed, $"The body must be {BlobPack.MediaType}.", Culprit.Input));
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, cancel);
        IReadOnlyList<ReadOnlyMemory<byte>> pack;
        try
        {
            pack = BlobPack.Read(body.GetBuffer().AsMemory(0, (int)body.Length));
        }
        catch (FormatException e)
        {
            return Answers.Problem(new Fault(FaultCodes.Malformed, e.Message, Culprit.Input));
        }

        var stored = await blobs.PutSmallAsync(caller.Account, pack, cancel);
        return stored.Fault is { } fault
            ? Answers.Problem(fault)
            : Answers.Json(new PackResponse([.. stored.Value.Select(b => new BlobInfo(b.Id, b.Size))]));
    }

    private static async Task<IResult> FetchAsync(JsonBody<FetchRequest> body, Caller caller, IBlobStore blobs, CancellationToken cancel)
    {
        var ids = body.Value.Blobs;
        if (ids.Count > BlobPack.MaxBlobs)
            return Answers.Problem(new Fault(FaultCodes.TooLarge, $"At most {BlobPack.MaxBlobs} blobs at once.", Culprit.Input), "blobs");
        var owned = await blobs.OwnedAsync(caller.Account, ids, cancel);
        foreach (var id in ids)
        {
            if (!owned.TryGetValue(id, out var size))
                return Answers.Problem(NotFound(id), "blobs");
            if (size > BlobRef.InlineLimit)
                return Answers.Problem(new Fault(FaultCodes.TooLarge, $"Blob {id} has {size} bytes; get it on its own.", Culprit.Input), "blobs");
        }

        var contents = await blobs.ReadSmallAsync(ids, cancel);
        var gone = contents.ToList().FindIndex(c => c is null);
        return gone >= 0
            ? Answers.Problem(NotFound(ids[gone]), "blobs")
            : Results.Bytes(BlobPack.Write([.. contents.Select(c => (ReadOnlyMemory<byte>)c!)]), BlobPack.MediaType);
    }

    private static async Task<IResult> ReadAsync(BlobId id, HttpContext context, Caller caller, IBlobStore blobs, CancellationToken cancel)
    {
        var owned = await blobs.OwnedAsync(caller.Account, [id], cancel);
        if (HttpMethods.IsHead(context.Request.Method) && owned.TryGetValue(id, out var size))
        {
            context.Response.ContentLength = size;
            return Results.Ok();
        }

        if (owned.Count > 0 && Direct.IsWanted(context.Request) && await blobs.DirectReadAsync(id, cancel) is { } url)
            return Direct.To(url);
        return owned.Count > 0 && await blobs.OpenAsync(id, cancel) is { } content
            ? Results.Stream(content, Bytes, enableRangeProcessing: true)
            : Answers.Problem(NotFound(id));
    }

    private static Fault NotFound(BlobId id) => new(FaultCodes.NotFound, $"This account has no blob {id}.", Culprit.Input);
}
