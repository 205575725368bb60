using Rxelon.Domain.Tasks;
using Rxelon.Hub.Projections;
using Rxelon.Hub.Sealing;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Http;

/// <summary>What owners get to show that something happened: receipts of their tasks and of their account's events.</summary>
internal static class ReceiptsEndpoints
{
    private const int PageSize = 100;

    internal static void MapReceipts(this IEndpointRouteBuilder api)
    {
        api.MapGet("/v1/tasks/{id}/receipt", TaskAsync).WithMetadata(NeedsAccount.Instance).Produces<Receipt>()
            .WithSummary("Every event of the task and of its money, each with its proof. Its status is pending until a published block covers them.");
        api.MapGet("/v1/account/receipts", List).WithMetadata(NeedsAccount.Instance).Produces<AccountReceiptPage>()
            .WithSummary("The account's own events, oldest first, and which of them have a receipt.");
        api.MapGet("/v1/account/receipts/{number}", One).WithMetadata(NeedsAccount.Instance).Produces<Receipt>()
            .WithSummary("The receipt of one event of the account, such as a payment.");
    }

    private static async Task<IResult> TaskAsync(
        TaskId id, Caller caller, HubCalls calls, ILedgerReader ledger, INodeIndex nodes, TimeProvider time, CancellationToken cancel)
    {
        var reply = await calls.AskAsync(new GetTask(id, caller.Account, time.GetUtcNow()), cancel);
        if (reply is not TaskView view)
            return Answers.Problem(((TaskRefused)reply).Fault);
        var made = ledger.TaskReceipt(id, caller.Account, view.Settled);
        if (made.Fault is { } fault)
            return Answers.Problem(fault);
        var (receipt, signers) = made.Value;
        var keys = signers.Select(nodes.Find).OfType<NodeEntry>().Select(n => n.IdentityKey);
        // A task that has ended is not told whole before its last settlement.
        var status = view.Phase.HasEnded() && !view.Settled ? Receipt.Pending : receipt.Status;
        return Results.Bytes((receipt with { NodeKeys = [.. keys], Status = status }).ToBytes(), "application/json");
    }

    private static IResult List(ulong? after, Caller caller, ILedgerReader ledger)
    {
        var entries = ledger.AccountEntries(caller.Account, after ?? 0, PageSize + 1);
        var page = entries.Take(PageSize).Select(e => new AccountReceiptInfo(
            e.SequenceNr, e.Manifest, e.At, e.Index, e.IsFinal ? Receipt.Final : Receipt.Pending));
        return Answers.Json(new AccountReceiptPage([.. page], entries.Count > PageSize ? entries[PageSize - 1].SequenceNr : null));
    }

    private static IResult One(ulong number, Caller caller, ILedgerReader ledger)
    {
        var receipt = ledger.AccountReceipt(caller.Account, number);
        return receipt.Fault is { } fault ? Answers.Problem(fault) : Results.Bytes(receipt.Value.ToBytes(), "application/json");
    }
}
