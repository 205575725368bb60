using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Config;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Http;

/// <summary>
/// Resumable uploads: tus 1.0.0 core and creation (https://tus.io/protocols/resumable-upload), with the SHA-256 of the whole as the
/// upload's name, so that a client needs no memory of its own to go on.
/// </summary>
internal static class UploadsEndpoints
{
    internal const string OffsetHeader = "Upload-Offset";
    private const string Version = "1.0.0";
    private const string VersionHeader = "Tus-Resumable";
    private const string LengthHeader = "Upload-Length";
    private const string PieceType = "application/offset+octet-stream";

    internal static void MapUploads(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/v1/uploads/{id}").WithMetadata(NeedsAccount.Instance).AddEndpointFilter(VersionAsync);
        group.MapPost("", BeginAsync).Produces(201).WithSummary("Begin an upload of Upload-Length bytes (tus creation).");
        group.MapMethods("", [HttpMethods.Head], StateAsync).WithSummary("How much of an upload has arrived: Upload-Offset (tus core).");
        group.MapPatch("", AppendAsync).Accepts<IFormFile>(PieceType).Produces(204)
            .WithSummary("Append at Upload-Offset (tus core); the last piece stores the blob once its SHA-256 is right.");
        api.MapMethods("/v1/uploads/{id}", [HttpMethods.Options], Capabilities).Produces(204).WithSummary("What of tus is spoken here.");
    }

    /// <summary>A non-negative number from a header; null when absent, -1 when it is something else.</summary>
    internal static long? Number(HttpRequest request, string header)
        => request.Headers[header] is { Count: 1 } values
            ? long.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1
            : null;

    private static IResult Capabilities(BlobId id, HttpContext context, HubOptions options)
    {
        context.Response.Headers[VersionHeader] = Version;
        context.Response.Headers["Tus-Version"] = Version;
        context.Response.Headers["Tus-Extension"] = "creation";
        context.Response.Headers["Tus-Max-Size"] = options.MaxPartBytes.ToString(CultureInfo.InvariantCulture);
        return Results.NoContent();
    }

    private static async ValueTask<object?> VersionAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers[VersionHeader] = Version;
        if (http.Request.Headers[VersionHeader] == Version)
            return await next(context);
        http.Response.Headers["Tus-Version"] = Version;
        return Results.StatusCode(StatusCodes.Status412PreconditionFailed);
    }

    private static async Task<IResult> BeginAsync(
        BlobId id, HttpContext context, Caller caller, IBlobStore blobs, HubOptions options, CancellationToken cancel)
    {
        if (Number(context.Request, LengthHeader) is not (>= 1 and var total))
            return Refuse($"{LengthHeader} must be the number of bytes.", LengthHeader);
        if (total > options.MaxPartBytes)
            return TooLarge(total, options);
        if ((await blobs.OwnedAsync(caller.Account, [id], cancel)).TryGetValue(id, out var stored))
            return Begun(context, new UploadState(stored, stored));
        var begun = await blobs.BeginUploadAsync(caller.Account, id, total, cancel);
        return begun.Fault is { } fault ? Answers.Problem(fault) : Begun(context, begun.Value);
    }

    private static IResult Begun(HttpContext context, UploadState state)
    {
        Show(context, state);
        return Results.Created(context.Request.Path.Value, null);
    }

    private static async Task<IResult> StateAsync(BlobId id, HttpContext context, Caller caller, IBlobStore blobs, CancellationToken cancel)
    {
        var state = await blobs.FindUploadAsync(caller.Account, id, cancel);
        if (state is null && (await blobs.OwnedAsync(caller.Account, [id], cancel)).TryGetValue(id, out var stored))
            state = new UploadState(stored, stored);
        context.Response.Headers.CacheControl = "no-store";
        if (state is not { } known)
            return Results.NotFound();
        Show(context, known);
        return Results.Ok();
    }

    private static async Task<IResult> AppendAsync(
        BlobId id, HttpContext context, Caller caller, IBlobStore blobs, HubOptions options, IHostApplicationLifetime lifetime, CancellationToken cancel)
    {
        if (context.Request.ContentType is { } type && type != PieceType)
            return Results.StatusCode(StatusCodes.Status415UnsupportedMediaType);
        if (Number(context.Request, OffsetHeader) is not (>= 0 and var offset))
            return Refuse($"{OffsetHeader} must say where the piece begins.", OffsetHeader);
        var total = Number(context.Request, LengthHeader)
            ?? (await blobs.FindUploadAsync(caller.Account, id, cancel))?.Total
            ?? (await blobs.OwnedAsync(caller.Account, [id], cancel)).GetValueOrDefault(id);
        if (total < 1)
            return Answers.Problem(new Fault(FaultCodes.NotFound, $"No such upload was begun; POST it with {LengthHeader}.", Culprit.Input));
        if (total > options.MaxPartBytes)
            return TooLarge(total, options);
        LimitBody(context, total - offset);
        var appended = await ReceiveAsync(blobs, caller.Account, new UploadState(offset, total), id, context, lifetime);
        if (appended.Fault is { } fault)
            return Answers.Problem(fault);
        Show(context, new UploadState(appended.Value, total));
        return Results.NoContent();
    }

    /// <summary>Appends the body. A hub that stops keeps what has arrived and does not wait for the rest.</summary>
    internal static async Task<Outcome<long>> ReceiveAsync(
        IBlobStore blobs, AccountId owner, UploadState from, BlobId id, HttpContext context, IHostApplicationLifetime lifetime)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            return await blobs.AppendUploadAsync(owner, id, from.Total, from.Offset, context.Request.Body, ending.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return new Fault(FaultCodes.Unavailable, "The hub stops; what has arrived is kept. Go on from there when it is back.", Culprit.Hub, Retryable: true);
        }
    }

    /// <summary>Lets the body have so many bytes, whatever the server's general limit is.</summary>
    internal static void LimitBody(HttpContext context, long bytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = Math.Max(0, bytes);
    }

    private static void Show(HttpContext context, UploadState state)
    {
        context.Response.Headers[OffsetHeader] = state.Offset.ToString(CultureInfo.InvariantCulture);
        context.Response.Headers[LengthHeader] = state.Total.ToString(CultureInfo.InvariantCulture);
    }

    private static IResult TooLarge(long total, HubOptions options)
        => Answers.Problem(new Fault(FaultCodes.TooLarge, $"{total} bytes are more than the {options.MaxPartBytes} of one blob.", Culprit.Input), LengthHeader);

    private static IResult Refuse(string why, string field) => Answers.Problem(new Fault(FaultCodes.Malformed, why, Culprit.Input), field);
}
