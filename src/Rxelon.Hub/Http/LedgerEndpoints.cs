using Rxelon.Hub.Sealing;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Http;

/// <summary>
/// The public side of the ledger: the log's files as C2SP tlog-tiles wants them, and a small explorer over blocks and entries
/// (docs/design/ledger.md). Everybody may read it.
/// </summary>
internal static class LedgerEndpoints
{
    private const int PageSize = 50;
    private const int MaxPageSize = 500;
    private const string Text = "text/plain; charset=utf-8";
    private const string Bytes = "application/octet-stream";
    private const string ForEver = "public, max-age=31536000, immutable";
    private const string AMoment = "public, max-age=1";

    internal static void MapLedger(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/ledger");
        group.MapGet("/checkpoint", Checkpoint).Produces(200, contentType: Text).WithSummary("The newest block: the log's signed and cosigned checkpoint (C2SP tlog-checkpoint).");
        group.MapGet("/tile/{**path}", (string path, HttpContext context, ILedgerReader ledger) => File($"tile/{path}", context, ledger))
            .Produces(200, contentType: Bytes).WithSummary("Hash tiles and, below entries/, entry bundles (C2SP tlog-tiles).");
        group.MapGet("/payload/{**path}", (string path, HttpContext context, ILedgerReader ledger) => File($"payload/{path}", context, ledger))
            .Produces(200, contentType: Bytes).WithSummary("The encrypted events of a bundle's entries, for mirrors.");
        group.MapGet("/log.json", Log).Produces<LogInfo>().WithSummary("Which log this is, its keys, and what it proves.");
        group.MapGet("/blocks", Blocks).Produces<BlockInfo[]>().WithSummary("Blocks, newest first.");
        group.MapGet("/blocks/{height}", Block).Produces<BlockDetail>().WithSummary("One block with its checkpoint.");
        group.MapGet("/entries/{index}", Entry).Produces<EntryInfo>().WithSummary("One entry, decoded.");
    }

    private static IResult Checkpoint(HttpContext context, ILedgerReader ledger)
    {
        var file = Path.Combine(ledger.Directory, "checkpoint");
        if (!System.IO.File.Exists(file))
            return Answers.Problem(new Fault(FaultCodes.NotFound, "No block is published yet.", Culprit.None, Retryable: true));
        context.Response.Headers.CacheControl = AMoment;
        return Results.File(file, Text);
    }

    private static IResult File(string path, HttpContext context, ILedgerReader ledger)
    {
        // Only paths that a log has: whatever else lies on the disk cannot be named.
        var plain = path.StartsWith("payload/", StringComparison.Ordinal) ? $"tile/entries/{path["payload/".Length..]}" : path;
        var file = Path.Combine(ledger.Directory, path);
        if (!Tile.Parse(plain).IsOk || !System.IO.File.Exists(file))
            return Answers.Problem(new Fault(FaultCodes.NotFound, "The log has no such file (a partial one may have become a full one).", Culprit.Input));
        context.Response.Headers.CacheControl = ForEver;
        return Results.File(file, Bytes, enableRangeProcessing: true);
    }

    private static IResult Log(ILedgerReader ledger, LedgerBoard board, HttpContext context)
    {
        var status = board.Status;
        var (policy, claim) = ledger.Terms();
        context.Response.Headers.CacheControl = AMoment;
        return Answers.Json(new LogInfo(
            status.Origin, status.Keys, policy, claim, status.Phase.ToString(), status.PublishedSize, status.Height, status.Trouble?.Message));
    }

    private static IResult Blocks(ulong? before, int? limit, ILedgerReader ledger)
        => Answers.Json<BlockInfo[]>([.. ledger.Blocks(before, Math.Clamp(limit ?? PageSize, 1, MaxPageSize)).Select(Info)]);

    private static IResult Block(ulong height, ILedgerReader ledger)
        => ledger.Block(height) is { } block
            ? Answers.Json(new BlockDetail(Info(block), block.Note, block.PreviousSize, block.Size - 1))
            : Answers.Problem(new Fault(FaultCodes.NotFound, $"There is no block {height}.", Culprit.Input));

    private static IResult Entry(ulong index, ILedgerReader ledger)
        => ledger.Entry(index) is { } leaf
            ? Answers.Json(EntryInfo.Of(index, leaf))
            : Answers.Problem(new Fault(FaultCodes.NotFound, $"There is no published entry {index}.", Culprit.Input));

    private static BlockInfo Info(PublishedBlock b) => new(
        b.Height, b.Size, b.PreviousSize, b.Root.ToString(), b.Hash.ToString(), b.Previous.ToString(), b.Events, b.PublishedAt,
        [.. SignedNote.Parse(System.Text.Encoding.UTF8.GetBytes(b.Note)).Value.Signatures.Select(s => s.Name).Distinct()]);
}
