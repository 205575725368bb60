using Rxelon.Client.Hub;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Journal;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Ledger;

/// <summary>A receipt as the hub gave it: its file's bytes, and its form. Nothing is verified.</summary>
public sealed record FetchedReceipt(byte[] File, Receipt Receipt)
{
    /// <summary>Every event is under a published checkpoint.</summary>
    public bool IsFinal => Receipt.Status == Receipt.Final;

    /// <summary>The task's hold is closed, or there was none to close: nothing about money can follow.</summary>
    public bool IsSettled
    {
        get
        {
            var events = ReceiptEvent.Of(Receipt).Select(e => e.Message).ToList();
            return events.Any(m => m is HoldSettled { Closed: true }) || (events.Any(m => m is TaskEnded) && !events.Any(m => m is FundsHeld));
        }
    }

    internal static Outcome<FetchedReceipt> Of(Outcome<byte[]> answer)
    {
        if (answer.Fault is { } fault)
            return fault;
        var receipt = Receipt.Parse(answer.Value);
        return receipt.Fault is { } malformed ? malformed with { Culprit = Culprit.Hub } : new FetchedReceipt(answer.Value, receipt.Value);
    }
}

/// <summary>Fetches receipts, and asks again until they are complete.</summary>
public sealed class ReceiptFetcher(HubClient hub, TimeProvider time)
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// A task's receipt: as soon as it is final and settled, otherwise as it is when <paramref name="patience"/> is over. Fault: the
    /// hub's, at once (<c>not-found</c> also when it keeps no ledger), or malformed.
    /// </summary>
    public async Task<Outcome<FetchedReceipt>> TaskAsync(TaskId task, TimeSpan patience, CancellationToken ct = default)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var fetched = FetchedReceipt.Of(await hub.TaskReceiptAsync(task, ct).ConfigureAwait(false));
            if (!fetched.IsOk || fetched.Value is { IsFinal: true, IsSettled: true } || time.GetElapsedTime(started) + AskAgain > patience)
                return fetched;
            await Task.Delay(AskAgain, time, ct).ConfigureAwait(false);
        }
    }

    /// <summary>The receipt of one event of the account.</summary>
    public async Task<Outcome<FetchedReceipt>> AccountAsync(ulong sequenceNr, CancellationToken ct = default)
        => FetchedReceipt.Of(await hub.AccountReceiptAsync(sequenceNr, ct).ConfigureAwait(false));
}
