using System.Globalization;
using Rxelon.Hub.Blobs;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Http;

/// <summary>
/// Blobs for nodes, by capability path (<see cref="CapabilityUrls"/>): no account, the path is the permission. A PUT carries the
/// whole blob, or with Upload-Offset the rest of it; what an earlier, broken PUT left is used. Whoever sends <c>Rxelon-Direct: 1</c>
/// may be sent to the blob store itself (307) with a large blob; a PUT there is followed by a POST here (docs/design/blob-stores.md).
/// </summary>
internal static class CapabilityEndpoints
{
    private const string Bytes = "application/octet-stream";

    internal static void MapCapabilities(this IEndpointRouteBuilder api)
    {
        api.MapGet("/b/{id}", ReadAsync).Produces(200, contentType: Bytes).WithSummary("Read one blob by a path that the hub gave out; Range is honoured.");
        api.MapMethods("/b/{id}", [HttpMethods.Head], HeadAsync)
            .WithSummary("Length of the blob, or with a path for storing: how much of it has arrived (Upload-Offset).");
        api.MapPost("/b/{id}", FinishAsync).Produces(204)
            .WithSummary("What a PUT sent past the hub is complete: check its size and SHA-256 and store it.");
        api.MapPut("/b/{id}", StoreAsync).Accepts<IFormFile>(Bytes).Produces(204)
            .WithSummary("Store one blob by a path that the hub gave out; its SHA-256 must be right.");
    }

    private static async Task<IResult> ReadAsync(
        BlobId id, string? verb, string? size, string? exp, string? owner, string? sig,
        HttpContext context, CapabilityUrls urls, IBlobStore blobs, CancellationToken cancel)
    {
        var capability = Check(urls, CapabilityUrls.ReadVerb, id, verb, size, exp, owner, sig);
        if (capability.Fault is { } fault)
            return Answers.Problem(fault);
        if (Direct.IsWanted(context.Request) && await blobs.DirectReadAsync(id, cancel) is { } url)
            return Direct.To(url);
        return await blobs.OpenAsync(id, cancel) is { } content
            ? Results.Stream(content, Bytes, enableRangeProcessing: true)
            : Answers.Problem(new Fault(FaultCodes.NotFound, $"Blob {id} is not here any more.", Culprit.Hub));
    }

    private static async Task<IResult> HeadAsync(
        BlobId id, string? verb, string? size, string? exp, string? owner, string? sig,
        HttpContext context, CapabilityUrls urls, IBlobStore blobs, CancellationToken cancel)
    {
        if (verb != CapabilityUrls.StoreVerb)
            return await ReadAsync(id, verb, size, exp, owner, sig, context, urls, blobs, cancel);
        var capability = Check(urls, CapabilityUrls.StoreVerb, id, verb, size, exp, owner, sig);
        if (capability.Fault is { } fault)
            return Answers.Problem(fault);
        var owned = await blobs.OwnedAsync(capability.Value.Owner!.Value, [id], cancel);
        var offset = owned.TryGetValue(id, out var stored)
            ? stored
            : (await blobs.FindUploadAsync(capability.Value.Owner.Value, id, cancel))?.Offset ?? 0;
        context.Response.Headers[UploadsEndpoints.OffsetHeader] = offset.ToString(CultureInfo.InvariantCulture);
        return Results.Ok();
    }

    private static async Task<IResult> StoreAsync(
        BlobId id, string? verb, string? size, string? exp, string? owner, string? sig,
        HttpContext context, CapabilityUrls urls, IBlobStore blobs, IHostApplicationLifetime lifetime, CancellationToken cancel)
    {
        var capability = Check(urls, CapabilityUrls.StoreVerb, id, verb, size, exp, owner, sig);
        if (capability.Fault is { } fault)
            return Answers.Problem(fault);
        var account = capability.Value.Owner!.Value;
        var total = capability.Value.Blob.Size;
        var from = UploadsEndpoints.Number(context.Request, UploadsEndpoints.OffsetHeader) ?? 0;
        if (from < 0 || from > total)
            return Answers.Problem(new Fault(FaultCodes.Malformed, "Upload-Offset lies outside of the blob.", Culprit.Input));
        UploadsEndpoints.LimitBody(context, total - from);
        if (await blobs.SizeAsync(id, cancel) == total && (await blobs.OwnedAsync(account, [id], cancel)).Count > 0)
            return Results.NoContent();
        if (Direct.IsWanted(context.Request) && from == 0)
        {
            var past = await blobs.DirectWriteAsync(account, id, total, cancel);
            if (past.Fault is { } full)
                return Answers.Problem(full);
            if (past.Value is { } url)
                return Direct.To(url);
        }

        var present = (await blobs.FindUploadAsync(account, id, cancel))?.Offset ?? 0;
        if (present > from && !await SkipAsync(context.Request.Body, present - from, cancel))
            return Answers.Problem(Short(total));
        var offset = Math.Max(present, from);
        var appended = await UploadsEndpoints.ReceiveAsync(blobs, account, new UploadState(offset, total), id, context, lifetime);
        if (appended.Fault is { } refused)
            return Answers.Problem(refused);
        return appended.Value == total ? Results.NoContent() : Answers.Problem(Short(total));
    }

    private static async Task<IResult> FinishAsync(
        BlobId id, string? verb, string? size, string? exp, string? owner, string? sig, CapabilityUrls urls, IBlobStore blobs, CancellationToken cancel)
    {
        var capability = Check(urls, CapabilityUrls.StoreVerb, id, verb, size, exp, owner, sig);
        if (capability.Fault is { } fault)
            return Answers.Problem(fault);
        return await blobs.FinishDirectAsync(capability.Value.Owner!.Value, id, capability.Value.Blob.Size, cancel) is { } refused
            ? Answers.Problem(refused)
            : Results.NoContent();
    }

    private static Fault Short(long total)
        => new(FaultCodes.Malformed, $"The body ended before the blob's {total} bytes; what arrived is kept for the next attempt.", Culprit.Network, Retryable: true);

    private static async Task<bool> SkipAsync(Stream body, long bytes, CancellationToken cancel)
    {
        var buffer = new byte[64 * 1024];
        while (bytes > 0)
        {
            var read = await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, bytes)), cancel);
            if (read == 0)
                return false;
            bytes -= read;
        }

        return true;
    }

    private static Outcome<BlobCapability> Check(
        CapabilityUrls urls, string needed, BlobId id, string? verb, string? size, string? exp, string? owner, string? sig)
    {
        var capability = urls.Check(id, verb, size, exp, owner, sig);
        return capability.IsOk && capability.Value.Verb != needed
            ? new Fault(FaultCodes.Forbidden, $"This path allows {capability.Value.Verb} only.", Culprit.Input)
            : capability;
    }
}
