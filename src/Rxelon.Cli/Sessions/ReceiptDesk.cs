using Rxelon.Client.Ledger;
using Rxelon.Client.Profiles;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Sessions;

/// <summary>Fetches receipts and keeps them where the owner finds them.</summary>
internal sealed class ReceiptDesk(CliSession session, Login login)
{
    /// <summary>How long a command that has delivered results waits for their receipt.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    internal ReceiptFetcher Fetcher { get; } = new(login.Hub, session.Host.Time);

    /// <summary>Where a subject's receipt lies when nobody says otherwise.</summary>
    internal string PathOf(string subject) => Path.Combine(session.Profiles.ReceiptsDirectory, $"{subject}.receipt.json");

    /// <summary>Writes a receipt's file for its owner only; returns where.</summary>
    internal string Keep(FetchedReceipt receipt, string path)
    {
        var target = Path.GetFullPath(path, session.Host.Directory);
        ProfileStore.MakeDirectory(Path.GetDirectoryName(target)!);
        ProfileStore.WritePrivate(target, receipt.File);
        return target;
    }

    /// <summary>
    /// After results: keeps the receipt when it becomes complete soon, otherwise says how to get it. A hub without a ledger is no
    /// reason to say anything, and no trouble here is one to fail.
    /// </summary>
    internal async Task KeepAsync(TaskId task, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(Patience, session.Host.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            var fetched = await Fetcher.TaskAsync(task, Patience, either.Token).ConfigureAwait(false);
            if (fetched.Fault is { Code: FaultCodes.NotFound or FaultCodes.Erased })
                return;
            if (fetched is { IsOk: true, Value: { IsFinal: true, IsSettled: true } receipt })
            {
                session.Console.Remark($"receipt  {Keep(receipt, PathOf(task.ToString()))}");
                return;
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The hub takes its time; the results are here all the same.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            session.Console.Remark($"receipt not kept: {e.Message}");
            return;
        }

        session.Console.Remark($"receipt pending: rxelon task receipt {task}");
    }
}
