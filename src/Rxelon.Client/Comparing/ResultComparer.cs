using System.Security.Cryptography;
using Rxelon.Client.Hub;
using Rxelon.Client.Profiles;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Comparing;

/// <summary>How a part's results were found: how many of them, in classes of so many that are equal; and those that could not be opened.</summary>
public sealed record ComparisonNews(int Part, IReadOnlyList<int> Equal, int Unreadable);

/// <summary>
/// Compares results of a task that differ, as their owner: looks for parts that wait, fetches and decrypts, and signs which of their results
/// are equal within the tolerance.
/// </summary>
public sealed class ResultComparer(HubClient hub, string downloadDirectory, TimeProvider time)
{
    private const int WaitSeconds = 20;
    private const int MaxTroubles = 30;
    private const int InMemoryBytes = 4 << 20;
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Attends until the task has ended: null then. A fault ends it earlier: the hub's refusal, or a hub that stays away. The tolerance is the
    /// one that the owner signed.
    /// </summary>
    public async Task<Fault?> AttendAsync(
        TaskId task, decimal tolerance, AccountKeys owner, ReadOnlyMemory<byte> taskKey, Action<ComparisonNews>? news = null, CancellationToken ct = default)
    {
        for (var troubles = 0; ;)
        {
            var asked = await hub.ComparisonsAsync(task, WaitSeconds, ct).ConfigureAwait(false);
            if (asked.IsOk && TaskPhases.IsEnd(asked.Value.Phase))
                return null;
            var fault = asked.Fault;
            foreach (var comparison in asked.IsOk ? asked.Value.Comparisons : [])
            {
                fault = await CompareAsync(task, comparison, (double)tolerance, owner, taskKey, news, ct).ConfigureAwait(false);
                if (fault is not null)
                    break;
            }

            if (fault is null)
            {
                troubles = 0;
                continue;
            }

            if (fault.Code == FaultCodes.AlreadyEnded)
                return null;
            if (!fault.Retryable || ++troubles > MaxTroubles)
                return fault;
            await Task.Delay(LookAgain, time, ct).ConfigureAwait(false);
        }
    }

    private async Task<Fault?> CompareAsync(
        TaskId task, ComparisonInfo comparison, double tolerance, AccountKeys owner, ReadOnlyMemory<byte> taskKey, Action<ComparisonNews>? news, CancellationToken ct)
    {
        List<ComparedResult> results = [];
        try
        {
            foreach (var info in comparison.Results)
            {
                var cipher = await FetchAsync(info.Result, ct).ConfigureAwait(false);
                if (cipher.Fault is { } missing)
                {
                    // Results that another verdict has meanwhile discarded are not asked for any more at the next look.
                    return missing.Code is FaultCodes.NotFound or FaultCodes.BlobMissing ? missing with { Retryable = true } : missing;
                }

                results.Add(Opened(new AttemptId(task, info.Part, info.Attempt), cipher.Value, taskKey.Span));
                await results[^1].ReadAsync(ct).ConfigureAwait(false);
            }

            var classes = await ComparedResult.ClassesAsync(results, tolerance, ct).ConfigureAwait(false);
            var said = new ComparedInfo(comparison.Part, classes, owner.Signing.Sign(SignedStatements.Compare(task, comparison.Part, classes)));
            var answer = await hub.CompareAsync(task, new CompareRequest([said]), ct).ConfigureAwait(false);
            if (answer.Fault is { } fault)
                return fault;

            // What is not awaited any more was compared by another of the owner's clients, or the group has changed: the next look tells.
            if (answer.Value.Refused is [var refused, ..])
                return refused.Fault.Code == FaultCodes.StaleAttempt ? null : new Fault(refused.Fault.Code, refused.Fault.Message, Culprit.Hub);
            news?.Invoke(new ComparisonNews(comparison.Part, [.. classes.Select(c => c.Count)], results.Count(r => r.Content is null)));
            return null;
        }
        finally
        {
            results.ForEach(r => r.Dispose());
        }
    }

    private static ComparedResult Opened(AttemptId attempt, Stream cipher, ReadOnlySpan<byte> taskKey)
    {
        var key = KeySchedule.Result(taskKey, attempt.Part, attempt.Number);
        try
        {
            return new ComparedResult(attempt, cipher, key);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    // Ciphertext of any size: large ones lie in a file that goes when it is closed.
    private async Task<Outcome<Stream>> FetchAsync(BlobInfo blob, CancellationToken ct)
    {
        Stream cipher;
        if (blob.Size <= InMemoryBytes)
            cipher = new MemoryStream();
        else
        {
            ProfileStore.MakeDirectory(downloadDirectory);
            cipher = new FileStream(
                Path.Combine(downloadDirectory, $"{blob.Id}-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16,
                FileOptions.Asynchronous | FileOptions.DeleteOnClose);
        }

        if (await hub.Blobs.DownloadAsync(new BlobRef(blob.Id, blob.Size), cipher, null, ct).ConfigureAwait(false) is not { } fault)
            return cipher;
        await cipher.DisposeAsync().ConfigureAwait(false);
        return fault;
    }
}
