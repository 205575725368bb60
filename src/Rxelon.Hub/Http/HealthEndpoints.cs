using Akka.Actor;
using Rxelon.Domain.Accounts;
using Rxelon.Hub.Blobs;
using Rxelon.Hub.Config;
using Rxelon.Hub.Disk;
using Rxelon.Hub.Sealing;
using Rxelon.Shared.Api;

namespace Rxelon.Hub.Http;

/// <summary>For load balancers and supervisors.</summary>
internal static class HealthEndpoints
{
    private const long LeastFreeBytes = 64L << 20;
    private const string Ok = "ok";

    internal static void MapHealth(this IEndpointRouteBuilder api)
    {
        api.MapGet("/health", () => Answers.Json(new HealthInfo(Ok, new Dictionary<string, string>())))
            .Produces<HealthInfo>().WithSummary("The process answers.");
        api.MapGet("/health/ready", ReadyAsync).Produces<HealthInfo>().Produces<HealthInfo>(503)
            .WithSummary("Entities answer from the journal, the edge listens, the disk has room, large blobs can be reached.");
    }

    private static async Task<IResult> ReadyAsync(
        HubCalls calls, HubOptions options, HubAddresses addresses, IBlobStore blobs, LedgerBoard board, DiskReserve reserve, TimeProvider time,
        CancellationToken cancel)
    {
        var checks = new Dictionary<string, string>
        {
            ["entities"] = await EntitiesAsync(calls, time, cancel),
            ["edge"] = addresses.EdgePort > 0 ? Ok : "does not listen yet",
            ["disk"] = new DriveInfo(options.DataDirectory).AvailableFreeSpace >= LeastFreeBytes ? Ok : "less than 64 MiB free",
            ["blobs"] = (await blobs.ProbeAsync(cancel))?.Message ?? Ok,
        };
        var ready = checks.Values.All(c => c == Ok);
        // A hub that takes no more uploads still has results to give, and room to win by that.
        checks.Add("uploads", reserve.Allows(0) ? Ok : reserve.Fault.Message);
        // Without its ledger a hub still works; its receipts wait.
        checks.Add("ledger", board.Status is { Phase: LedgerPhase.Stopped, Trouble: { } why } ? why.Message : Ok);
        return Answers.Json(
            new HealthInfo(ready ? Ok : "not ready", checks), ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<string> EntitiesAsync(HubCalls calls, TimeProvider time, CancellationToken cancel)
    {
        try
        {
            await calls.AskAsync(new GetAccount(AccountIds.Treasury, time.GetUtcNow()), cancel);
            return Ok;
        }
        catch (AskTimeoutException)
        {
            return "do not answer";
        }
    }
}
