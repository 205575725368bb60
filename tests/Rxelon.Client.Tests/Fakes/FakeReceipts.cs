using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;
using Answer = Microsoft.AspNetCore.Http.Results;

namespace Rxelon.Client.Tests.Fakes;

/// <summary>Receipt endpoints of the fake hub; without any receipt it is a hub without a ledger.</summary>
internal static class FakeReceipts
{
    internal static void Map(WebApplication app, FakeHub hub)
    {
        app.MapGet("/v1/tasks/{id}/receipt", (string id) =>
        {
            if (!hub.TaskReceipts.TryGetValue(id, out var receipts))
                return hub.AnyTaskReceipt is { } any ? Answer.Bytes(any.ToBytes(), "application/json") : Answer.NotFound();
            if (receipts.Count == 0)
                return FakeHub.Problem(410, FaultCodes.Erased, "The keys of this task's entries were destroyed.");
            return Answer.Bytes((receipts.Count > 1 ? receipts.Dequeue() : receipts.Peek()).ToBytes(), "application/json");
        });
        app.MapGet("/v1/account/receipts", (HttpContext context) =>
        {
            _ = ulong.TryParse(context.Request.Query["after"], CultureInfo.InvariantCulture, out var after);
            var entries = hub.AccountReceipts.Select(r => r.Info).Where(i => i.SequenceNr > after).ToList();
            return FakeHub.Json(new AccountReceiptPage(entries, after == 0 && entries.Count > 0 ? entries[^1].SequenceNr : null));
        });
        app.MapGet("/v1/account/receipts/{number}", (ulong number) => hub.AccountReceipts.Find(r => r.Info.SequenceNr == number) is { Receipt: { } receipt }
            ? Answer.Bytes(receipt.ToBytes(), "application/json")
            : FakeHub.Problem(404, FaultCodes.NotFound, "There is no such event."));
    }
}
